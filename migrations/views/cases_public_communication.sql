-- What people noted of communications with a case's customer: calls, chats and visits of their own, and ratings, tags and
-- follow-ups of messages and mails.
create view cases_public_communication as
select d.id, d.case_id, c.client_id, c.customer_id, c.policy_id, c.channel, d.message_id, d.mail_id, d.kind, d.direction, d.subject, d.content,
       d.status, d.call_type, d.outcome, d.tags, d.claim_number, d.satisfaction, d.follow_up_required, d.agent_id, d.occurred_at
from case_communications d join renewal_cases c on c.id = d.case_id;
