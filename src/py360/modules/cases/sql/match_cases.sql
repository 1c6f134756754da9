-- A later file about a case that exists: it may change the amount due, the customer, and the agent when there is none yet.
-- A due date that moved a little within the policy's period is corrected in the open case; a second case would ask the
-- customer twice.
update {staging} s set
  case_id = c.id, case_is_new = false,
  outcome = case when c.due_date <> s.renewal_date or c.renewal_amount is distinct from s.renewal_amount
              or (c.assigned_to is null and s.agent_id is not null)
            then 'changed' else s.outcome end,
  previous = coalesce(s.previous, '{{}}') || jsonb_build_object(
    'renewal_amount', c.renewal_amount, 'assigned_to', c.assigned_to, 'status', c.status, 'due_date', c.due_date)
from {staging} row
cross join lateral (
  select * from renewal_cases o
  where o.policy_id = row.policy_id and (o.due_date = row.renewal_date
    or o.closed_at is null and o.due_date > row.start_date and abs(row.renewal_date - o.due_date) < {same_term_days})
  order by o.due_date = row.renewal_date desc, o.due_date desc limit 1) c
where row.row_no = s.row_no and not s.policy_is_new
  and s.outcome in ('new', 'changed', 'unchanged') and s.outcome_code is null
