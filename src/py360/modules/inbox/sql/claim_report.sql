-- The next report of a client that is due, put off by a lease, with what it says of its mail.
with claimed as (
  update email_webhook_deliveries set attempts = attempts + 1, due_at = %(lease)s where id = (
    select id from email_webhook_deliveries where client_id = %(client)s and status = 'pending' and due_at <= %(now)s
    order by due_at, id limit 1 for update skip locked)
  returning id, email_id, attempts
)
select d.id, d.attempts, e.id as email_id, e.account_id, e.thread_id, e.message_id, e.from_email, e.from_name, e.to_email, e.subject,
  e.category, e.intent, e.sentiment_label, e.urgency, e.language, e.priority, e.status, e.folder, e.is_automatic,
  e.attachments is not null as has_attachments, e.received_at, e.policy_number, c.case_number, e.customer_id, e.assigned_to
from claimed d join emails e on e.id = d.email_id left join cases_public_case c on c.id = e.case_id
