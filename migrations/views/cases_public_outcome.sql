-- A case as figures need it: what it is about, how it stands, when it ended (a failed case, which may still be reinstated, by
-- its last action), and which of the policy's known terms it is (1: the first renewal that we know of).
create view cases_public_outcome as
select c.id as case_id, c.client_id, c.node_id, c.assigned_to, c.batch_id, c.policy_id, p.policy_type, p.payment_frequency,
       c.channel, c.status, c.closed_at is null as is_open, c.due_date, coalesce(c.renewal_amount, p.premium_amount) as amount,
       c.total_calls, c.created_at,
       case when c.status in ('renewed', 'lapsed', 'cancelled', 'failed')
            then coalesce(c.closed_at, c.last_action_date, c.created_at) end as ended_at,
       (select count(*)::integer from renewal_cases k where k.policy_id = c.policy_id and k.due_date <= c.due_date) as term
from renewal_cases c
join policies p on p.id = c.policy_id;
