"""What officers note while they work a case: quick edit, comments, priority."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Invalid
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.schemas import CommentIn, HistoryIn, QuickEdit
from py360.modules.cases.service import history, lifecycle
from py360.modules.cases.service.edit import set_columns, version_of
from py360.modules.cases.service.lock import Case, lock
from py360.modules.cases.service.notify import notify_agents
from py360.modules.cases.service.status import new_status, notify_moved
from py360.modules.cases.statuses import SUB_STATUSES, WORK_STEPS, one_of

_COMMENT: Final = """
insert into case_comments (case_id, text, user_id, status, sub_status, status_changed, follow_up_changed, created_at)
values (%(case)s, %(text)s, %(user)s, %(status)s, %(sub)s, %(status_changed)s, %(follow_up_changed)s, %(at)s) returning id
"""
_TOUCH: Final = "update renewal_cases set last_action_date = %(at)s where id = %(case)s"
_FIELDS: Final = {
    "sub_status": "Sub-status",
    "next_follow_up_date": "Next follow-up",
    "current_work_step": "Work step",
    "next_action_plan": "Next action",
}

WorkValues = dict[str, str | date | None]


def _sub_status(text: str | None) -> str | None:
    return one_of("subStatus", text, SUB_STATUSES) if text else text


def _work_values(body: QuickEdit) -> WorkValues:
    """The columns that a quick edit sets, checked against the known terms."""
    step = body.current_work_step
    values: WorkValues = {
        "sub_status": _sub_status(body.sub_status),
        "next_follow_up_date": body.next_follow_up_date,
        "current_work_step": one_of("currentWorkStep", step, WORK_STEPS) if step else step,
        "next_action_plan": body.next_action_plan,
    }
    return {name: value for name, value in values.items() if name in body.model_fields_set}


def _changed(case: Case, values: Mapping[str, str | date | None]) -> WorkValues:
    return {name: value for name, value in values.items() if value != getattr(case, name)}


async def quick_edit(session: AsyncSession, caller: Caller, case_id: int, body: QuickEdit, if_match: int | None) -> int:
    """Status, sub-status, follow-up, work step and plan, with or without a comment; the new version.

    Raises NotFound, PreconditionFailed, Conflict (the move is not allowed; the allowed ones in the details) and Invalid.
    """
    case = await lock(session, caller, case_id, if_match)
    new = new_status(case, body.status, caller, body.reason)
    changed = _changed(case, _work_values(body))
    if new:
        await lifecycle.move(session, [case], new, details=body.reason or "Set by hand", user_id=caller.user_id)
        await notify_moved(session, caller, [case])
    if changed:
        await set_columns(session, [case_id], changed)
        details = "; ".join(
            f"{_FIELDS[name]}: {getattr(case, name) or '—'} → {value or '—'}" for name, value in changed.items()
        )
        await history.write(
            session, case_id, "Updated", details, resources.current().clock.now(), user_id=caller.user_id
        )
    if body.comment:
        await _write_comment(session, caller, case, body.comment, status_changed=new is not None, changed=changed)
    if not (new or changed or body.comment):
        return case.version
    await push_live_update(session, [case_id])
    return await version_of(session, case_id)


async def comment(session: AsyncSession, caller: Caller, case_id: int, body: CommentIn) -> int:
    """Add a comment; with `update_status` and `update_follow_up` it changes these too. The comment's id."""
    case = await lock(session, caller, case_id)
    values: WorkValues = {}
    new = None
    if body.update_status:
        new = new_status(case, body.status, caller, body.reason)
        if "sub_status" in body.model_fields_set:
            values["sub_status"] = _sub_status(body.sub_status)
    if body.update_follow_up:
        values["next_follow_up_date"] = body.next_follow_up_date
    if new:
        await lifecycle.move(session, [case], new, details=body.text, user_id=caller.user_id)
        await notify_moved(session, caller, [case])
    changed = _changed(case, values)
    if changed:
        await set_columns(session, [case_id], changed)
    comment_id = await _write_comment(session, caller, case, body.text, status_changed=new is not None, changed=changed)
    await push_live_update(session, [case_id])
    return comment_id


async def _write_comment(
    session: AsyncSession, caller: Caller, case: Case, text: str, *, status_changed: bool, changed: WorkValues
) -> int:
    now = resources.current().clock.now()
    params = {
        "case": case.id,
        "text": text,
        "user": caller.user_id,
        "status": case.status,
        "sub": changed.get("sub_status", case.sub_status),
        "status_changed": status_changed,
        "follow_up_changed": "next_follow_up_date" in changed,
        "at": now,
    }
    comment_id = await db.fetch_only(session, int, _COMMENT, params)
    await history.write(session, case.id, "Comment Added", text[:500], now, user_id=caller.user_id)
    await db.execute(session, _TOUCH, {"at": now, "case": case.id})
    return comment_id


async def add_comments(session: AsyncSession, caller: Caller, case_id: int, lines: Sequence[HistoryIn]) -> int:
    """The comments among the history lines that came with a saved case; the case's version.

    A line that has an id was shown by us. Raises Invalid for another kind of line: only the system writes those.
    """
    new = [line for line in lines if line.id is None]
    for line in new:
        if line.action.strip().lower() not in COMMENT_ACTIONS or not line.details:
            raise Invalid(
                f"“{line.action[:60]}” cannot be added to the history. Add a comment instead.",
                code="read_only",
                details=[{"field": "history", "message": "only new comments are taken, with their text in `details`"}],
            )
        case = await lock(session, caller, case_id)
        await _write_comment(session, caller, case, line.details, status_changed=False, changed={})
    if new:
        await push_live_update(session, [case_id])
    return await version_of(session, case_id)


COMMENT_ACTIONS: Final = frozenset({"", "comment", "comment added", "note", "note added"})
HIGH: Final = frozenset({"high", "urgent"})


async def set_priority(session: AsyncSession, caller: Caller, case_id: int, is_priority: bool) -> None:
    """Make a case a priority (high) or normal (medium); one that is so already stays as it is. Raises NotFound."""
    case = await lock(session, caller, case_id)
    if (case.priority in HIGH) == is_priority:
        return
    await set_columns(session, [case_id], {"priority": "high" if is_priority else "medium"})
    details = "Marked as priority" if is_priority else "Back to normal priority"
    await history.write(session, case_id, "Priority", details, resources.current().clock.now(), user_id=caller.user_id)
    if is_priority:
        by = f"Marked by {caller.name}"
        await notify_agents(session, [case], "marked as priority", by, except_user=caller.user_id, priority="high")
    await push_live_update(session, [case_id])
