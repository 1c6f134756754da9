"""Statuses set by people, of one case or several: what may move moves, the rest is named with its reason."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.service import history, lifecycle
from py360.modules.cases.service.edit import set_columns
from py360.modules.cases.service.lock import Case, Selection, lock_selection
from py360.modules.cases.service.notify import notify_agents
from py360.modules.cases.statuses import LABELS, POLICY_STATUS, check_move, policy_status_code, status_code


def is_manager(caller: Caller) -> bool:
    """Whether the caller answers for others' work: who reaches a part of the organisation, or all of it."""
    return caller.reach in ("subtree", "all")


def new_status(case: Case, text: str | None, caller: Caller, reason: str | None) -> str | None:
    """The status to move to, if another one is asked for and allowed; raises Conflict or Invalid."""
    new = status_code(text) if text else case.status
    if new == case.status:
        return None
    check_move(case.case_number, case.status, new, manager=is_manager(caller), reason=reason)
    return new


async def notify_moved(session: AsyncSession, caller: Caller, cases: Sequence[Case]) -> None:
    """Notify the agents of cases that another user moved; the cases have their new status already."""
    if cases:
        by = f"Set by {caller.name}"
        await notify_agents(session, cases, LABELS[cases[0].status], by, except_user=caller.user_id)


async def set_status(
    session: AsyncSession, caller: Caller, case_codes: Sequence[str | int], text: str, reason: str | None
) -> tuple[Selection, str]:
    """Move several cases to one status; a case that may not move is among the failures. Also the code of the status."""
    new = status_code(text)
    selection = await lock_selection(session, caller, case_codes)
    moving, fitting = [], []
    for case in selection.cases:
        try:
            if new_status(case, new, caller, reason):
                moving.append(case)
            fitting.append(case)
        except (Conflict, Invalid) as problem:
            selection.fail(case.case_number, problem)
    selection.cases = fitting
    details = reason or "Set by hand, together with others"
    await lifecycle.move(session, moving, new, details=details, user_id=caller.user_id)
    await notify_moved(session, caller, moving)
    await push_live_update(session, [case.id for case in moving])
    return selection, new


async def set_policy_status(
    session: AsyncSession, caller: Caller, case_codes: Sequence[str | int], text: str
) -> tuple[Selection, str]:
    """Set the policy status of several cases by hand; also its code."""
    code = policy_status_code(text)
    selection = await lock_selection(session, caller, case_codes)
    fitting = []
    for case in selection.cases:
        if (case.status == "renewed") == (code == "active"):
            fitting.append(case)
            continue
        message = f"Active belongs to renewed cases only; {case.case_number} does not fit."
        selection.fail(case.case_number, Conflict(message, code="not_renewed"))
    selection.cases = fitting
    case_ids = [case.id for case in fitting if case.policy_status != code]
    if case_ids:
        await set_columns(session, case_ids, {"policy_status": code})
        now = resources.current().clock.now()
        await history.write(session, case_ids, "Policy Status", POLICY_STATUS[code], now, user_id=caller.user_id)
        await push_live_update(session, case_ids)
    return selection, code
