"""Pre-renewal directions: what was decided about a term before it falls due, by whom and why.

Do not renew (the insurer's decision) and not taken (the customer's) keep the term from getting a case, and cancel the one
it has; refer puts the case before its owner first. A term has one direction at a time, a new one supersedes it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, Forbidden, NotFound
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.schemas import CaseIn, DirectionIn
from py360.modules.cases.service import history, lifecycle
from py360.modules.cases.service.assign import find_agent
from py360.modules.cases.service.lock import Case, lock_any
from py360.modules.cases.service.open import OpenPolicy, find_policy
from py360.modules.cases.service.status import is_manager
from py360.modules.notifications import api as notifications

LABELS: Final = {"do_not_renew": "Do not renew", "refer": "Refer", "not_taken": "Not taken"}

_LOCK_POLICY: Final = "select id from policies where id = %(id)s for no key update"
_CASE_OF_TERM: Final = "select id from renewal_cases where policy_id = %(policy)s and due_date = %(due)s"
_SUPERSEDE: Final = """
update renewal_directions set ended_at = %(now)s, ended_by = %(user)s, ended_reason = 'Superseded'
where policy_id = %(policy)s and due_date = %(due)s and ended_at is null
"""
_INSERT: Final = """
insert into renewal_directions (client_id, policy_id, due_date, direction, reason, owner_id, closed_case_id, created_by,
  created_at)
values (%(client)s, %(policy)s, %(due)s, %(direction)s, %(reason)s, %(owner)s, %(closed)s, %(user)s, %(now)s) returning id
"""
_REFER: Final = """
update renewal_cases set sub_status = 'Approval Required', escalated_to = %(owner)s, escalation_reason = %(reason)s,
  escalated_at = %(now)s, last_action_date = %(now)s, version = version + 1
where id = %(id)s
"""
_ACTIVE: Final = """
select d.id, d.policy_id, d.due_date, d.direction, d.closed_case_id, d.ended_at from renewal_directions d
join policies p on p.id = d.policy_id
where d.id = %(id)s and d.client_id = any(%(reach_clients)s)
  and ({everything} or exists (select from renewal_cases c where c.policy_id = d.policy_id and {within}))
for update of d
"""
_END: Final = """
update renewal_directions set ended_at = %(now)s, ended_by = %(user)s, ended_reason = %(reason)s where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Direction:
    """A stored direction."""

    id: int
    policy_id: int
    due_date: date
    direction: str
    closed_case_id: int | None
    ended_at: datetime | None


async def direct(session: AsyncSession, caller: Caller, body: DirectionIn) -> int:
    """Decide about a policy's term; the direction's id. The owner is the caller unless another user is named.

    Raises NotFound (the policy), Invalid (the owner), Forbidden (do not renew is for managers) and Conflict (the term is
    renewed already).
    """
    if body.direction == "do_not_renew" and not is_manager(caller):
        raise Forbidden("Only a manager can decide that a policy is not renewed.", code="manager_required")
    policy = await find_policy(session, caller, CaseIn(policy_id=body.policy_id, policy_number=body.policy_number))
    due = body.due_date or policy.due_date
    owner = await find_agent(session, policy.client_id, body.owner_id if body.owner_id is not None else caller.user_id)
    case = await _case_of(session, policy.id, due)
    await db.execute(session, _LOCK_POLICY, {"id": policy.id})  # the scheduler waits, or has opened the case
    case = case or await _case_of(session, policy.id, due)
    now = resources.current().clock.now()
    params: dict[str, object] = {
        "client": policy.client_id,
        "policy": policy.id,
        "due": due,
        "direction": body.direction,
        "reason": body.reason,
        "owner": owner.id if owner else None,
        "user": caller.user_id,
        "now": now,
        "closed": await _apply(session, caller, policy, case, body, owner.id if owner else None),
    }
    await db.execute(session, _SUPERSEDE, params)
    direction_id = await db.fetch_only(session, int, _INSERT, params)
    if owner and owner.id != caller.user_id:
        await notifications.notify(
            session,
            owner.id,
            type="assignment",
            title=f"{LABELS[body.direction]}: policy {policy.policy_number}",
            message=f"{caller.name}: {body.reason}",
            data={"policyNumber": policy.policy_number, "dueDate": due.isoformat()},
            priority="high",
        )
    return direction_id


async def _case_of(session: AsyncSession, policy_id: int, due: date) -> Case | None:
    case_ids = await db.fetch_all(session, int, _CASE_OF_TERM, {"policy": policy_id, "due": due})
    cases = await lock_any(session, case_ids)
    return cases[0] if cases else None


async def _apply(
    session: AsyncSession, caller: Caller, policy: OpenPolicy, case: Case | None, body: DirectionIn, owner: int | None
) -> int | None:
    """What a direction does to the term's case; the case's id when it is closed by it."""
    if case is None or case.status in ("lapsed", "cancelled"):
        return None
    if case.status == "renewed":
        raise Conflict(f"Policy {policy.policy_number} is renewed for this term already.", code="term_renewed")
    now = resources.current().clock.now()
    details = f"{LABELS[body.direction]}: {body.reason}"
    if body.direction == "refer":
        params = {"id": case.id, "owner": owner, "reason": body.reason, "now": now}
        await db.execute(session, _REFER, params)
        await history.write(session, case.id, "Referred", details, now, level="warning", user_id=caller.user_id)
    else:
        await lifecycle.move(session, [case], "cancelled", details=details, user_id=caller.user_id)
    await push_live_update(session, [case.id])
    return None if body.direction == "refer" else case.id


async def withdraw(session: AsyncSession, caller: Caller, direction_id: int, reason: str | None) -> None:
    """End a direction; the case that it cancelled is open again. Raises NotFound, Conflict (it has ended) and Forbidden."""
    within, params = reach_filter(caller)
    sql = _ACTIVE.format(everything="true" if caller.reach == "all" else "false", within=within)
    found = await db.fetch_one(session, Direction, sql, {**params, "id": direction_id})
    if found is None:
        raise NotFound("There is no such direction within your reach.", code="direction_not_found")
    if found.ended_at is not None:
        raise Conflict("This direction has ended already.", code="direction_ended")
    if found.direction == "do_not_renew" and not is_manager(caller):
        raise Forbidden("Only a manager can withdraw the decision not to renew.", code="manager_required")
    cases = await lock_any(session, [found.closed_case_id]) if found.closed_case_id else []
    cancelled = [case for case in cases if case.status == "cancelled"]
    details = f"“{LABELS[found.direction]}” was withdrawn" + (f": {reason}" if reason else "")
    await lifecycle.move(session, cancelled, "in_progress", details=details, user_id=caller.user_id)
    await push_live_update(session, [case.id for case in cancelled])
    now = resources.current().clock.now()
    await db.execute(session, _END, {"id": direction_id, "now": now, "user": caller.user_id, "reason": reason})
