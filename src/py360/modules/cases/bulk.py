"""Opening renewal cases for a chunk of policy rows, set by set.

A case is one due date of one policy (unique in the database). Runs after `customers.api.merge` on the same staging
table: rows then have an outcome and a policy. Terms that are over (`term_closed`, `older_term`) open nothing. A row
starts as a new case, number and all; what we know already is written to.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db

SAME_TERM_DAYS: Final = 60
FILED: Final = {"renewal_amount": "numeric"}  # what files say of a case: a correction of it is remembered
_SPEAKS: Final = "s.outcome in ('new', 'changed', 'unchanged') and s.outcome_code is null"

# Rows that failed, and terms that are over.
_SILENCE: Final = """
update {staging} set case_id = null, case_is_new = false where outcome = 'failed' or outcome_code is not null
"""
# An amount that was corrected by hand stays where the file says again what it had wrong.
_HOLD: Final = f"""
update {{staging}} s set {corrections.held("c", FILED)}
from renewal_cases c
where c.corrected is not null and c.policy_id = s.policy_id and c.due_date = s.renewal_date
  and not s.policy_is_new and {_SPEAKS}
"""
# A later file about a case we have: the amount due, the customer, the agent when there is none yet. A due date that moved
# a little within the policy's period is put right in the open case; a second one would ask the customer twice.
_KNOWN: Final = f"""
update {{staging}} s set
  case_id = c.id, case_is_new = false,
  outcome = case when c.due_date <> s.renewal_date or c.renewal_amount is distinct from s.renewal_amount
              or (c.assigned_to is null and s.agent_id is not null)
            then 'changed' else s.outcome end,
  previous = coalesce(s.previous, '{{{{}}}}') || jsonb_build_object(
    'renewal_amount', c.renewal_amount, 'assigned_to', c.assigned_to, 'status', c.status, 'due_date', c.due_date)
from {{staging}} row
cross join lateral (
  select * from renewal_cases o
  where o.policy_id = row.policy_id and (o.due_date = row.renewal_date
    or o.closed_at is null and o.due_date > row.start_date and abs(row.renewal_date - o.due_date) < {SAME_TERM_DAYS})
  order by o.due_date = row.renewal_date desc, o.due_date desc limit 1) c
where row.row_no = s.row_no and not s.policy_is_new and {_SPEAKS}
"""
_TELL_MOVED: Final = """
insert into case_history (case_id, action, details, created_at)
select case_id, 'Due Date Changed', 'From ' || to_char((previous ->> 'due_date')::date, 'DD/MM/YYYY') || ' to '
  || to_char(renewal_date, 'DD/MM/YYYY') || ', as the later file says', %(now)s
from {staging} where not case_is_new and case_id is not null and (previous ->> 'due_date')::date <> renewal_date
"""
_CHANGE: Final = f"""
update renewal_cases c set
  due_date = s.renewal_date, renewal_amount = s.renewal_amount, customer_id = s.customer_id,
  assigned_to = coalesce(c.assigned_to, s.agent_id), node_id = coalesce(c.node_id, s.node_id),
  status = case when c.status in ('uploaded', 'validated') and c.assigned_to is null and s.agent_id is not null
           then 'assigned' else c.status end,
  corrected = {corrections.forgotten("c", FILED)}, version = c.version + 1
from {{staging}} s
where c.id = s.case_id and s.outcome = 'changed' and c.closed_at is null and {_SPEAKS}
  and (c.due_date, c.renewal_amount, c.customer_id, c.assigned_to)
      is distinct from (s.renewal_date, s.renewal_amount, s.customer_id, coalesce(c.assigned_to, s.agent_id))
"""
_PLACE: Final = f"""
update {{staging}} s set node_id = coalesce(
  (select h.node_id from user_home_nodes h where h.user_id = s.agent_id
    and %(today)s >= h.valid_from and (h.valid_to is null or %(today)s < h.valid_to)),
  (select b.hierarchy_node_id from organization_public_branch b where b.id = s.branch_id))
where (s.agent_id is not null or s.branch_id is not null) and {_SPEAKS}
"""
_NEW_TERM: Final = "update {staging} set outcome = 'changed' where case_is_new and outcome = 'unchanged'"
_OPEN: Final = """
insert into renewal_cases (
  id, client_id, policy_id, customer_id, due_date, status, priority, assigned_to, node_id, batch_id, channel,
  sub_channel, renewal_amount, notes, last_action_date)
select
  case_id, client_id, policy_id, customer_id, renewal_date,
  case when agent_id is null then 'validated' else 'assigned' end, coalesce(priority, 'medium'), agent_id, node_id,
  %(batch_id)s, channel, sub_channel, renewal_amount, notes, %(now)s
from {staging} where case_is_new
"""
_TELL: Final = """
insert into case_history (case_id, action, details, old_status, new_status, created_at)
select case_id, step.action, step.details, step.old_status, step.new_status, %(now)s
from {staging} cross join (values
  ('Case Created', %(created)s::text, null, 'uploaded'),
  ('Validation', 'All required fields are present and valid', 'uploaded', 'validated')
) as step (action, details, old_status, new_status)
where case_is_new
"""


async def open(session: AsyncSession, staging: str, said: Mapping[str, Any]) -> None:
    """Open or refresh the case of every row that speaks of a running term.

    `said`: batch_id, created (the sentence of the history's first entry), now (aware) and today (date in India).
    """
    for sql in (_SILENCE, _HOLD, _PLACE):
        await db.execute(session, sql.format(staging=staging), said)
    if await db.execute(session, _KNOWN.format(staging=staging), said):
        for sql in (_CHANGE, _TELL_MOVED):
            await db.execute(session, sql.format(staging=staging), said)
    await db.execute(session, _NEW_TERM.format(staging=staging), said)
    async with db.trusted(session):
        for sql in (_OPEN, _TELL):
            await db.execute(session, sql.format(staging=staging), said)
