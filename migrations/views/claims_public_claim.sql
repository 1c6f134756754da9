-- A claim as timelines and insights show it.
create view claims_public_claim as
select c.id, c.client_id, c.policy_id, c.customer_id, c.node_id, c.assigned_to, c.claim_number, c.claim_type, c.category,
       c.title, c.status, c.claim_amount, c.approved_amount, c.settlement_amount, c.incident_date, c.reported_at,
       c.decided_at, c.closed_at, c.member_id, a.name as handler_name
from claims c left join identity_public_users a on a.id = c.assigned_to;
