"""The cases a request changes: within the caller's reach, and locked until its transaction ends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound, PreconditionFailed, Problem
from py360.modules.cases.queries.reach import case_not_found
from py360.modules.cases.views import CaseFailureView

_LOCK: Final = """
select c.id, c.case_number, c.client_id, c.customer_id, c.policy_id, c.due_date, c.status, c.sub_status,
  c.current_work_step, c.next_follow_up_date, c.next_action_plan, c.priority, c.policy_status, c.assigned_to,
  c.closed_at, c.version, c.renewal_amount
from renewal_cases c where {where} order by c.id for {strength}
"""


@dataclass(slots=True)
class Case:
    """A locked case. `status` follows its moves within the transaction."""

    id: int
    case_number: str
    client_id: int
    customer_id: int
    policy_id: int
    due_date: date
    status: str
    sub_status: str | None
    current_work_step: str | None
    next_follow_up_date: date | None
    next_action_plan: str | None
    priority: str
    policy_status: str | None
    assigned_to: int | None
    closed_at: datetime | None
    version: int
    renewal_amount: Decimal | None


async def lock_any(session: AsyncSession, case_ids: Sequence[int]) -> list[Case]:
    """The cases with these ids, whatever the caller's reach; for the system's own moves.

    Not `for update`: a payment would wait for a message that is being written to the customer.
    """
    sql = _LOCK.format(where="c.id = any(%(ids)s)", strength="no key update")
    return await db.fetch_all(session, Case, sql, {"ids": list(case_ids)})


async def lock_any_one(session: AsyncSession, case_id: int) -> Case:
    """One case, whatever the caller's reach; raises NotFound."""
    cases = await lock_any(session, [case_id])
    if not cases:
        raise NotFound(f"There is no case CASE-{case_id}.")
    return cases[0]


async def lock(session: AsyncSession, caller: Caller, case_id: int, if_match: int | None = None) -> Case:
    """One case; raises NotFound, naming it, and PreconditionFailed when it is not the version the caller saw."""
    cases = await _within_reach(session, caller, [case_id])
    if not cases:
        raise case_not_found(case_id)
    case = cases[0]
    if if_match is not None and if_match != case.version:
        raise PreconditionFailed(headers={"ETag": f'"{case.version}"'})
    return case


async def _within_reach(session: AsyncSession, caller: Caller, case_ids: Sequence[int]) -> list[Case]:
    within, params = reach_filter(caller)
    sql = _LOCK.format(where=f"c.id = any(%(ids)s) and {within}", strength="update")
    return await db.fetch_all(session, Case, sql, {**params, "ids": list(case_ids)})


@dataclass(slots=True)
class Selection:
    """The cases of a bulk request: those that are locked, and what was wrong with the others."""

    cases: list[Case]
    failures: list[CaseFailureView] = field(default_factory=list)

    def fail(self, case_number: str, problem: Problem) -> None:
        """Leave this case out of the change and say why."""
        self.failures.append({"caseId": case_number, "code": problem.code, "message": problem.message})


async def lock_selection(session: AsyncSession, caller: Caller, case_codes: Sequence[str | int]) -> Selection:
    """The cases of a bulk request within the caller's reach; the others are failures, each named once."""
    selection = Selection([])
    wanted: set[int] = set()
    for code in dict.fromkeys(str(item) for item in case_codes):
        try:
            wanted.add(ids.number("case", code))
        except NotFound as problem:
            selection.fail(code, problem)
    selection.cases = await _within_reach(session, caller, sorted(wanted))
    for case_id in sorted(wanted - {case.id for case in selection.cases}):
        selection.fail(ids.code("case", case_id), case_not_found(case_id))
    return selection
