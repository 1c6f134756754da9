"""Opening a case by hand, for a policy that is already known."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.schemas import CaseIn
from py360.modules.cases.service import history
from py360.modules.cases.service.assign import assign_locked, find_agent
from py360.modules.cases.service.lock import lock_any_one

# Within reach: any policy of the clients for reach `all`, else one with a case within reach.
_POLICY: Final = """
select p.id, p.policy_number, p.client_id, p.customer_id, coalesce(p.renewal_date, p.end_date) as due_date, b.hierarchy_node_id
from policies p left join organization_public_branch b on b.id = p.branch_id
where (p.id = %(policy_id)s or p.policy_number = %(policy_number)s) and p.client_id = any(%(reach_clients)s)
  and ({everything} or exists (select from renewal_cases c where c.policy_id = p.id and {within}))
"""
_OPEN: Final = """
insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, priority, node_id, channel, sub_channel,
  renewal_amount, notes, last_action_date, created_at)
values (%(client_id)s, %(policy_id)s, %(customer_id)s, %(due_date)s, 'validated', %(priority)s, %(node_id)s, %(channel)s,
  %(sub_channel)s, %(renewal_amount)s, %(notes)s, %(at)s, %(at)s)
on conflict (policy_id, due_date) do nothing returning id
"""


@dataclass(frozen=True, slots=True)
class OpenPolicy:
    """The policy that a case is opened for."""

    id: int
    policy_number: str
    client_id: int
    customer_id: int
    due_date: date
    hierarchy_node_id: int | None


async def open_case(session: AsyncSession, caller: Caller, body: CaseIn) -> str:
    """Open a case for a policy's due date; its code. The caller's own unless an agent is named or the caller reaches all.

    Raises NotFound (no such policy within reach), Conflict (this due date has a case) and Invalid (the agent).
    """
    policy = await find_policy(session, caller, body)
    now = resources.current().clock.now()
    due = body.due_date or policy.due_date
    params = {
        **body.model_dump(include={"priority", "channel", "sub_channel", "renewal_amount", "notes"}),
        "client_id": policy.client_id,
        "policy_id": policy.id,
        "customer_id": policy.customer_id,
        "node_id": policy.hierarchy_node_id,
        "due_date": due,
        "at": now,
    }
    case_id = await db.fetch_one(session, int, _OPEN, params)
    if case_id is None:
        raise Conflict(f"Policy {policy.policy_number} has a case for {due:%d/%m/%Y} already.", code="case_exists")
    user = caller.user_id
    await history.write(session, case_id, "Case Created", "Entered by hand", now, new="uploaded", user_id=user)
    await history.write(
        session, case_id, "Validation", "The policy is known", now, old="uploaded", new="validated", user_id=user
    )
    to = body.agent_id if body.agent_id is not None or caller.reach == "all" else user
    if agent := await find_agent(session, policy.client_id, to):
        await assign_locked(session, caller, [await lock_any_one(session, case_id)], agent)
    await push_live_update(session, [case_id])
    return ids.code("case", case_id)


async def find_policy(session: AsyncSession, caller: Caller, body: CaseIn) -> OpenPolicy:
    """The policy that a request names by id or number. Raises Invalid, NotFound and Conflict (several clients have it)."""
    if body.policy_id is None and not body.policy_number:
        raise Invalid("Name the policy: policyId or policyNumber.", code="policy_required")
    within, reach = reach_filter(caller)
    sql = _POLICY.format(everything="true" if caller.reach == "all" else "false", within=within)
    params = {**reach, "policy_id": body.policy_id, "policy_number": body.policy_number}
    policies = await db.fetch_all(session, OpenPolicy, sql, params)
    if not policies:
        raise NotFound("There is no such policy within your reach.", code="policy_not_found")
    if body.policy_id is None and len(policies) > 1:
        raise Conflict(
            f"Several clients have a policy {body.policy_number}. Add clientId to say which client you mean.",
            code="several_clients",
        )
    return policies[0]
