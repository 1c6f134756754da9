"""The cases a request is about: within the caller's reach, and held until its transaction ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound, PreconditionFailed, Problem
from py360.modules.cases.queries.details import not_found

_HELD: Final = """
select c.id, c.case_number, c.client_id, c.customer_id, c.policy_id, c.due_date, c.status, c.sub_status,
  c.current_work_step, c.next_follow_up_date, c.next_action_plan, c.priority, c.policy_status, c.assigned_to, c.node_id,
  c.closed_at, c.version, c.renewal_amount
from renewal_cases c where c.id = any(%(ids)s) and {within} order by c.id for update
"""


async def hold(session: AsyncSession, caller: Caller, case_id: int, if_match: int | None = None) -> db.Row:
    """One case; raises NotFound, naming it, and PreconditionFailed when it is not the version the caller saw."""
    within, params = reach_filter(caller)
    case = await db.one(session, _HELD.format(within=within), {**params, "ids": [case_id]})
    if case is None:
        raise not_found(case_id)
    if if_match is not None and if_match != case["version"]:
        raise PreconditionFailed(headers={"ETag": f'"{case["version"]}"'})
    return case


@dataclass(slots=True)
class Several:
    """The cases of a bulk request: those held, and what went wrong with the others."""

    cases: list[db.Row]
    failures: list[dict[str, Any]]

    def fail(self, case: db.Row, problem: Problem) -> None:
        """Leave this case out of the change, and say why."""
        self.failures.append(failure(case["case_number"], problem))


def failure(case_number: str, problem: Problem) -> dict[str, Any]:
    """One case of a bulk answer that was not changed."""
    return {"caseId": case_number, "code": problem.code, "message": problem.message}


async def hold_several(session: AsyncSession, caller: Caller, wanted: Sequence[str | int]) -> Several:
    """The cases of a bulk request within the caller's reach; the others are failures, each named once."""
    found, failures = {}, []
    for text in dict.fromkeys(str(item) for item in wanted):
        try:
            found[ids.number("case", text)] = text
        except NotFound as problem:
            failures.append(failure(text, problem))
    within, params = reach_filter(caller)
    held = await db.all(session, _HELD.format(within=within), {**params, "ids": list(found)})
    missing = found.keys() - {case["id"] for case in held}
    failures += [failure(ids.code("case", number), not_found(number)) for number in sorted(missing)]
    return Several(held, failures)
