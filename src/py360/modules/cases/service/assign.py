"""Who works a case: assignment, its place in the organisation, escalation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.cases.events import CaseAssigned
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.queries.filters import UNASSIGNED
from py360.modules.cases.service import history, lifecycle
from py360.modules.cases.service.lock import Case, Selection, lock, lock_selection
from py360.modules.cases.statuses import LABELS
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications

CASES_NAMED: Final = 100  # in one notification
SYSTEM: Final = "Automatic assignment"
# Within how many hours an agent should contact the customer, by the case's priority, unless the office says otherwise.
FIRST_CONTACT_HOURS: Final = {"urgent": 4, "high": 8, "medium": 24, "low": 48}

# A case belongs to its assignee's home node, else to its policy's branch node.
_ASSIGN: Final = """
update renewal_cases c set
  assigned_to = %(agent)s,
  node_id = coalesce(
    (select h.node_id from organization_public_homes h where h.user_id = %(agent)s),
    (select b.hierarchy_node_id from policies p join organization_public_branch b on b.id = p.branch_id where p.id = c.policy_id)),
  contact_due_at = case when %(agent)s::bigint is null then null else %(at)s::timestamptz + make_interval(mins => 60 * coalesce(
    (select (r.first_contact_hours ->> c.priority)::int from renewal_rules r where r.client_id = c.client_id),
    (%(hours)s::jsonb ->> c.priority)::int)) end,
  contact_paused_at = case when c.status in ('pending', 'on_hold') then %(at)s::timestamptz end, contact_breached_at = null,
  last_action_date = %(at)s, version = version + 1
where c.id = any(%(ids)s)
"""
_ESCALATE: Final = """
update renewal_cases set escalated_to = %(to)s, escalation_reason = %(reason)s, escalated_at = %(at)s,
  last_action_date = %(at)s, version = version + 1
where id = %(id)s
"""


async def find_agent(session: AsyncSession, client_id: int, text: str | int | None) -> identity.Person | None:
    """The active user meant by an id, an e-mail or a name; None for Unassigned. Raises Invalid when there is no such user."""
    if text is None or str(text).strip().lower() in UNASSIGNED | {""}:
        return None
    user_id = (await identity.find_agents(session, client_id, [str(text)])).get(str(text))
    if user_id is None:
        raise Invalid(
            f"“{str(text)[:100]}” is no active user of this client who may work on cases.",
            code="unknown_agent",
            details=[{"field": "agentId", "message": "the id, e-mail or full name of an active user"}],
        )
    return (await identity.people(session, [user_id]))[user_id]


async def assign(
    session: AsyncSession, caller: Caller, case_id: int, to: str | int | None, if_match: int | None
) -> identity.Person | None:
    """Assign a case to an agent, or unassign it; who has it now. Raises NotFound, Invalid, Conflict (closed) and
    PreconditionFailed."""
    case = await lock(session, caller, case_id, if_match)
    agent = await find_agent(session, case.client_id, to)
    refuse_closed(case)
    await assign_locked(session, caller, [case], agent)
    return agent


async def assign_selection(
    session: AsyncSession, caller: Caller, case_codes: Sequence[str | int], to: str | int | None
) -> tuple[Selection, identity.Person | None]:
    """Assign several cases to one agent; a case that cannot be assigned is among the failures. Also the agent. Raises
    Invalid for the agent."""
    selection = await lock_selection(session, caller, case_codes)
    agent = await find_agent(session, selection.cases[0].client_id if selection.cases else caller.client_id, to)
    assignable = []
    for case in selection.cases:
        try:
            refuse_closed(case)
            if agent and case.client_id != agent.client_id:
                raise Conflict(f"{agent.name} does not work for the client of {case.case_number}.", code="other_client")
        except Conflict as problem:
            selection.fail(case.case_number, problem)
        else:
            assignable.append(case)
    selection.cases = assignable
    await assign_locked(session, caller, assignable, agent)
    return selection, agent


def refuse_closed(case: Case) -> None:
    """Raise Conflict when the case is closed."""
    if case.closed_at is not None:
        raise Conflict(
            f"{case.case_number} is {LABELS[case.status]} and cannot be assigned any more.", code="case_closed"
        )


async def assign_locked(
    session: AsyncSession, caller: Caller | None, cases: Sequence[Case], agent: identity.Person | None
) -> None:
    """Assign locked, open cases: place, status, history, events, the clock of the first contact, a notification to the agent.

    `caller`: none when the system assigns by itself.
    """
    user_id = caller.user_id if caller else None
    agent_id = agent.id if agent else None
    moving = [case for case in cases if case.assigned_to != agent_id]
    if not moving:
        return
    now = resources.current().clock.now()
    await db.execute(
        session,
        _ASSIGN,
        {"agent": agent_id, "at": now, "ids": [case.id for case in moving], "hours": Jsonb(FIRST_CONTACT_HOURS)},
    )
    former = {case.id: case.assigned_to for case in moving if case.assigned_to is not None}
    names = await identity.user_names(session, sorted(set(former.values())))
    to = f"Assigned to {agent.name if agent else 'nobody'}"
    details = {
        case.id: to + (f" (before: {names[former[case.id]]})" if former.get(case.id) in names else "")
        for case in moving
    }
    await history.write(session, list(details), "Assignment", details, now, user_id=user_id)
    begun = [case for case in moving if agent and case.status in ("uploaded", "validated")]
    returned = [case for case in moving if not agent and case.status == "assigned"]
    await lifecycle.move(session, begun, "assigned", details="The case has an agent", user_id=user_id)
    await lifecycle.move(session, returned, "uploaded", details="The case has no agent", user_id=user_id)
    await events.publish(session, *(CaseAssigned(case.id, agent_id) for case in moving))
    await push_live_update(session, [case.id for case in moving], former)
    for case in moving:
        case.assigned_to = agent_id
    if agent and agent.id != user_id:
        await _notify(session, agent.id, moving, caller.name if caller else SYSTEM)


async def _notify(session: AsyncSession, user_id: int, cases: Sequence[Case], by: str) -> None:
    first = cases[0].case_number
    several = len(cases) > 1
    await notifications.notify(
        session,
        user_id,
        type="assignment",
        title=f"{len(cases)} cases assigned to you" if several else f"{first} assigned to you",
        message=f"{by} assigned {first} and {len(cases) - 1} more to you."
        if several
        else f"{by} assigned {first} to you.",
        data={"caseIds": [case.case_number for case in cases[:CASES_NAMED]]} if several else {"caseId": first},
    )


@dataclass(frozen=True, slots=True)
class Escalation:
    """A case that was escalated, to whom and when."""

    case_number: str
    to: str
    at: datetime


async def escalate(session: AsyncSession, caller: Caller, case_id: int, to: int, reason: str) -> Escalation:
    """Escalate a case's problem to a superior, with a reason; the case stays with its agent. Raises NotFound, Invalid."""
    case = await lock(session, caller, case_id)
    superior = await find_agent(session, case.client_id, to)
    assert superior is not None  # `to` is a number
    refuse_closed(case)
    now = resources.current().clock.now()
    await db.execute(session, _ESCALATE, {"id": case_id, "to": superior.id, "reason": reason, "at": now})
    details = f"To {superior.name}: {reason}"
    await history.write(session, case_id, "Escalated", details, now, level="warning", user_id=caller.user_id)
    await notifications.notify(
        session,
        superior.id,
        type="assignment",
        title=f"{case.case_number} escalated to you",
        message=f"{caller.name}: {reason}",
        data={"caseId": case.case_number},
        priority="high",
    )
    await push_live_update(session, [case_id])
    return Escalation(case.case_number, superior.name, now)
