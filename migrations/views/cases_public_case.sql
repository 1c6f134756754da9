-- A case with what messages and lists name of its policy, upload and agent.
create view cases_public_case as
select c.id, c.case_number, c.client_id, c.node_id, c.assigned_to, c.customer_id, c.policy_id, p.policy_number,
       p.policy_type, p.product_name, c.status, c.closed_at is null as is_open, c.due_date, p.start_date, p.end_date,
       p.grace_period_days, p.premium_amount, c.renewal_amount, c.payment_status, c.batch_id, b.upload_id,
       a.name as agent_name, c.closed_at, c.created_at, p.branch_id, p.sum_insured, p.renewal_date,
       c.channel, c.updated_at, p.payment_frequency
from renewal_cases c
join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to;
