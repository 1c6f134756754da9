"""Opening a case by hand, for a policy that is already in the books."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.cases import assigning, history
from py360.modules.cases.announcing import announce

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
values (%(client_id)s, %(id)s, %(customer_id)s, %(due_date)s, 'validated', %(priority)s, %(hierarchy_node_id)s, %(channel)s,
  %(sub_channel)s, %(renewal_amount)s, %(notes)s, %(at)s, %(at)s)
on conflict (policy_id, due_date) do nothing returning id
"""


async def open_one(session: AsyncSession, caller: Caller, fields: Mapping[str, Any]) -> str:
    """Open a case for a policy's due date; its code. The caller's own unless an agent is named and they reach no further.

    Raises NotFound (no such policy within reach), Conflict (this due date has a case) and Invalid (the agent).
    """
    policy = await _policy(session, caller, fields)
    now = resources.current().clock.now()
    names = ("priority", "channel", "sub_channel", "renewal_amount", "notes")
    said = {**policy, **{name: fields.get(name) for name in names}, "at": now}
    said["due_date"] = fields.get("due_date") or policy["due_date"]
    said["priority"] = fields.get("priority") or "medium"
    case_id = await db.value(session, _OPEN, said)
    if case_id is None:
        raise Conflict(
            f"Policy {policy['policy_number']} has a case for {said['due_date']:%d/%m/%Y} already.", code="case_exists"
        )
    await history.write(
        session, case_id, "Case Created", "Entered by hand", now, old=None, new="uploaded", user_id=caller.user_id
    )
    await history.write(
        session,
        case_id,
        "Validation",
        "The policy is in the books",
        now,
        old="uploaded",
        new="validated",
        user_id=caller.user_id,
    )
    to = fields.get("agent_id")
    agent = await assigning.find_agent(
        session, policy["client_id"], to if to is not None or caller.reach == "all" else caller.user_id
    )
    if agent:
        case = await db.one(session, "select * from renewal_cases where id = %(id)s", {"id": case_id})
        assert case is not None
        await assigning.give(session, caller, [case], agent)
    await announce(session, [case_id])
    return ids.code("case", case_id)


async def _policy(session: AsyncSession, caller: Caller, fields: Mapping[str, Any]) -> db.Row:
    wanted = {"policy_id": fields.get("policy_id"), "policy_number": fields.get("policy_number")}
    if not any(wanted.values()):
        raise Invalid("Say for which policy: policyId or policyNumber.", code="policy_required")
    within, params = reach_filter(caller)
    sql = _POLICY.format(everything="true" if caller.reach == "all" else "false", within=within)
    policy = await db.one(session, sql, {**params, **wanted})
    if policy is None:
        raise NotFound("There is no such policy within your reach.", code="policy_not_found")
    return policy
