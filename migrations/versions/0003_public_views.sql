-- ---------------------------------------------------------------- customers

-- Whom to reach, where, and how they want to be reached.
create view customers_public_contact as
select id, client_id, customer_code, full_name, first_name, email, phone, preferred_language, communication_preferences
from customers;

-- ---------------------------------------------------------------- cases

-- One due date of one policy, and how its work stands.
create view cases_public_case as
select c.id, c.case_number, c.client_id, c.node_id, c.assigned_to, c.customer_id, c.policy_id, p.policy_number,
       p.policy_type, p.product_name, c.status, c.closed_at is null as is_open, c.due_date, p.start_date, p.end_date,
       p.grace_period_days, p.premium_amount, c.renewal_amount, c.payment_status, c.batch_id, b.upload_id,
       a.name as agent_name, c.closed_at, c.created_at
from renewal_cases c
join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to;

-- ---------------------------------------------------------------- messaging

-- The message ledger as others may read it.
create view messaging_public_message as
select id, client_id, case_id, customer_id, campaign_id, communication_type, purpose, recipient_contact, status, subject,
       content, sent_at, delivered_at, opened_at, clicked_at, replied_at, error_code, error_message, sent_by, created_at
from communication_delivery_status;
