-- One case for each row that is a new case. Their ids were given when the rows were staged.
insert into renewal_cases (
  id, client_id, policy_id, customer_id, due_date, status, priority, assigned_to, node_id, batch_id, channel,
  sub_channel, renewal_amount, notes, last_action_date)
select
  case_id, client_id, policy_id, customer_id, renewal_date,
  case when agent_id is null then 'validated' else 'assigned' end, coalesce(priority, 'medium'), agent_id, node_id,
  %(batch_id)s, channel, sub_channel, renewal_amount, notes, %(now)s
from {staging} where case_is_new
