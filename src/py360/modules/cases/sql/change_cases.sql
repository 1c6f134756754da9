-- What the rows say of open cases that exist. The status is not changed here: service/lifecycle.py does that.
update renewal_cases c set
  due_date = s.renewal_date, renewal_amount = s.renewal_amount, customer_id = s.customer_id,
  assigned_to = coalesce(c.assigned_to, s.agent_id), node_id = coalesce(c.node_id, s.node_id),
  corrected = {corrected}, version = c.version + 1
from {staging} s
where c.id = s.case_id and s.outcome = 'changed' and c.closed_at is null and s.outcome_code is null
  and (c.due_date, c.renewal_amount, c.customer_id, c.assigned_to)
      is distinct from (s.renewal_date, s.renewal_amount, s.customer_id, coalesce(c.assigned_to, s.agent_id))
