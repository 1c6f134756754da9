"""Who works a case: assignment, its place in the organisation, escalation."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid
from py360.modules.cases import history, lifecycle
from py360.modules.cases.announcing import announce
from py360.modules.cases.events import CaseAssigned
from py360.modules.cases.holding import Several, hold, hold_several
from py360.modules.cases.queries.filters import NOBODY
from py360.modules.cases.statuses import LABELS
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications

CALL_MINUTES: Final = 5  # of an outbound dialer, per case (domain reference, 6.4)

# A case belongs to its assignee's home node, else to its policy's branch node (house: reach).
_ASSIGN: Final = """
update renewal_cases c set
  assigned_to = %(agent)s,
  node_id = coalesce(
    (select h.node_id from organization_public_homes h where h.user_id = %(agent)s),
    (select b.hierarchy_node_id from policies p join organization_public_branch b on b.id = p.branch_id where p.id = c.policy_id)),
  last_action_date = %(at)s, version = version + 1
where c.id = any(%(ids)s)
"""
_ESCALATE: Final = """
update renewal_cases set escalated_to = %(to)s, escalation_reason = %(reason)s, escalated_at = %(at)s,
  last_action_date = %(at)s, version = version + 1
where id = %(id)s
"""


async def find_agent(session: AsyncSession, client_id: int, text: str | int | None) -> identity.Person | None:
    """The active user meant by an id, an e-mail or a name; None for Unassigned. Raises Invalid when nobody is meant."""
    if text is None or str(text).strip().lower() in NOBODY | {""}:
        return None
    found = (await identity.find_agents(session, client_id, [str(text)])).get(str(text))
    if found is None:
        raise Invalid(
            f"“{str(text)[:100]}” is no active user of this client who may work on cases.",
            code="unknown_agent",
            details=[{"field": "agentId", "message": "the id, e-mail or full name of an active user"}],
        )
    return (await identity.people(session, [found]))[found]


async def assign(
    session: AsyncSession, caller: Caller, case_id: int, to: str | int | None, if_match: int | None
) -> identity.Person | None:
    """Give a case to an agent, or take it back; who has it now. Raises NotFound, Invalid, Conflict (closed) and
    PreconditionFailed."""
    case = await hold(session, caller, case_id, if_match)
    agent = await find_agent(session, case["client_id"], to)
    refuse_closed(case)
    await give(session, caller, [case], agent)
    return agent


async def assign_several(
    session: AsyncSession, caller: Caller, wanted: Sequence[str | int], to: str | int | None
) -> tuple[Several, identity.Person | None]:
    """Give several cases to one agent; what cannot be given stands among the failures. Also who it is. Raises Invalid for the agent."""
    several = await hold_several(session, caller, wanted)
    agent = await find_agent(session, several.cases[0]["client_id"] if several.cases else caller.client_id, to)
    fit = []
    for case in several.cases:
        try:
            refuse_closed(case)
            if agent and case["client_id"] != agent.client_id:
                raise Conflict(
                    f"{agent.name} does not work for the client of {case['case_number']}.", code="other_client"
                )
        except Conflict as problem:
            several.fail(case, problem)
        else:
            fit.append(case)
    several.cases = fit
    await give(session, caller, fit, agent)
    return several, agent


def refuse_closed(case: db.Row) -> None:
    """Raise Conflict when the case is closed."""
    if case["closed_at"] is not None:
        raise Conflict(
            f"{case['case_number']} is {LABELS[case['status']]}: it is not assigned any more.", code="case_closed"
        )


async def give(session: AsyncSession, caller: Caller, cases: Sequence[db.Row], agent: identity.Person | None) -> None:
    """Assign held, open cases: place, status, history, events, and a word to the agent."""
    moving = [case for case in cases if case["assigned_to"] != (agent.id if agent else None)]
    if not moving:
        return
    now = resources.current().clock.now()
    await db.execute(
        session, _ASSIGN, {"agent": agent.id if agent else None, "at": now, "ids": [case["id"] for case in moving]}
    )
    names = await identity.user_names(session, [case["assigned_to"] for case in moving if case["assigned_to"]])
    for before in sorted({case["assigned_to"] or 0 for case in moving}):
        words = f"Assigned to {agent.name if agent else 'nobody'}" + (
            f" (before: {names[before]})" if before in names else ""
        )
        of_before = [case["id"] for case in moving if (case["assigned_to"] or 0) == before]
        await history.write(session, of_before, "Assignment", words, now, user_id=caller.user_id)
    begun = [case for case in moving if agent and case["status"] in ("uploaded", "validated")]
    given_back = [case for case in moving if not agent and case["status"] == "assigned"]
    await lifecycle.move(session, begun, "assigned", details="The case has an agent", user_id=caller.user_id)
    await lifecycle.move(session, given_back, "uploaded", details="The case has no agent", user_id=caller.user_id)
    for case in moving:
        await events.publish(session, CaseAssigned(case["id"], agent.id if agent else None))
    former = {case["id"]: case["assigned_to"] for case in moving if case["assigned_to"] is not None}
    await announce(session, [case["id"] for case in moving], former)
    if agent and agent.id != caller.user_id:
        await _tell(session, agent.id, moving, caller)


async def _tell(session: AsyncSession, user_id: int, cases: Sequence[db.Row], caller: Caller) -> None:
    first = cases[0]["case_number"]
    many = len(cases) > 1
    await notifications.notify(
        session,
        user_id,
        type="assignment",
        title=f"{len(cases)} cases assigned to you" if many else f"{first} assigned to you",
        message=f"{caller.name} assigned {first} and {len(cases) - 1} more to you."
        if many
        else f"{caller.name} assigned {first} to you.",
        data={"caseIds": [case["case_number"] for case in cases[:100]]} if many else {"caseId": first},
    )


async def escalate(session: AsyncSession, caller: Caller, case_id: int, to: int, reason: str) -> dict[str, Any]:
    """Hand a case's problem to somebody above, with a reason; the case stays with its agent. Raises NotFound, Invalid."""
    case = await hold(session, caller, case_id)
    person = await find_agent(session, case["client_id"], to)
    assert person is not None  # `to` is a number
    refuse_closed(case)
    now = resources.current().clock.now()
    await db.execute(session, _ESCALATE, {"id": case_id, "to": person.id, "reason": reason, "at": now})
    words = f"To {person.name}: {reason}"
    await history.write(session, case_id, "Escalated", words, now, level="warning", user_id=caller.user_id)
    await notifications.notify(
        session,
        person.id,
        type="assignment",
        title=f"{case['case_number']} escalated to you",
        message=f"{caller.name}: {reason}",
        data={"caseId": case["case_number"]},
        priority="high",
    )
    await announce(session, [case_id])
    return {"caseId": case["case_number"], "escalatedTo": person.name, "escalatedAt": now}
