-- Mails as they came in: %(mails)s is an array of objects named as the columns. One that is there already is left out.
insert into emails (client_id, account_id, message_id, thread_id, direction, from_email, from_name, reply_to, to_email,
  cc_emails, subject, body_text, body_html, snippet, digest, in_reply_to, reference_ids, sent_at, received_at, size_bytes,
  problem, is_automatic, folder, read_status, starred, category, customer_category, priority, status, customer_id, case_id,
  node_id, assigned_to, policy_number, linked_by, due_date, sla_deadline, language, intent, intent_confidence, ai_intent,
  sentiment_score, sentiment_label, sentiment, urgency, classified_by, flagged, escalated_to, escalation_reason,
  escalated_at, resolved_at, removed_at, delivery_status, tags)
select %(client)s, %(account)s, m.message_id, m.thread_id, m.direction, m.from_email, m.from_name, m.reply_to, m.to_email,
  m.cc_emails, m.subject, m.body_text, m.body_html, m.snippet, m.digest, m.in_reply_to, m.reference_ids, m.sent_at,
  m.received_at, m.size_bytes, m.problem, m.is_automatic, m.folder, m.read_status, m.starred, m.category,
  coalesce(s.customer_category, 'normal'), m.priority, m.status, m.customer_id, m.case_id, m.node_id, m.assigned_to,
  m.policy_number, m.linked_by, m.due_date, m.sla_deadline, m.language, m.intent, m.intent_confidence, m.ai_intent,
  m.sentiment_score, m.sentiment_label, m.sentiment, m.urgency, m.classified_by, m.flagged, m.escalated_to,
  m.escalation_reason, m.escalated_at, m.resolved_at, m.removed_at, m.delivery_status, m.tags
from jsonb_to_recordset(%(mails)s) as m (message_id text, thread_id text, direction text, from_email text, from_name text,
  reply_to text, to_email text, cc_emails text[], subject text, body_text text, body_html text, snippet text, digest text,
  in_reply_to text, reference_ids text[], sent_at timestamptz, received_at timestamptz, size_bytes bigint, problem text,
  is_automatic boolean, folder text, read_status boolean, starred boolean, category text, priority text, status text,
  customer_id bigint, case_id bigint, node_id bigint, assigned_to bigint, policy_number text, linked_by text, due_date date,
  sla_deadline timestamptz, language text, intent text, intent_confidence numeric, ai_intent jsonb, sentiment_score numeric,
  sentiment_label text, sentiment jsonb, urgency text, classified_by text, flagged boolean, escalated_to bigint,
  escalation_reason text, escalated_at timestamptz, resolved_at timestamptz, removed_at timestamptz, delivery_status text,
  tags text[])
left join email_senders s on s.client_id = %(client)s and s.address = m.from_email
on conflict (account_id, message_id) do nothing
returning id, message_id
