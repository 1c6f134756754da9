-- The mails that customers wrote about a case; what is junk or was thrown away is not among them.
create view inbox_public_mail as
select id, client_id, case_id, customer_id, from_email, subject, body_text, category, status, priority, starred, tags, assigned_to,
       attachments, is_automatic, escalation_reason, coalesce(sent_at, received_at) as sent_at, received_at, first_reply_at
from emails
where direction = 'inbound' and case_id is not null and folder not in ('junk', 'spam', 'trash');
