-- Everything said between the office and the customer of a case: the ledger's messages and the customer's mails, with what people
-- noted of them, and the calls, chats and visits that stand for themselves. `key` tells the three apart.
select m.id * 3 as key, m.id, m.case_id, m.communication_type, m.communication_type::text as code_kind,
  case when m.communication_type = 'call' then 'phone' else m.communication_type end as kind, 'outbound' as direction,
  m.subject, m.content, m.recipient_contact as contact, coalesce(d.status, m.status) as status,
  m.status in ('pending', 'sending') or d.status = 'pending' as is_pending,
  coalesce(m.sent_at, m.created_at) as at, m.sent_at, m.created_at, m.delivered_at, m.opened_at, m.clicked_at, m.replied_at,
  m.campaign_id, m.error_message, m.sent_by as agent_id, m.template_id, m.template_version,
  coalesce(d.priority, 'medium') as priority, coalesce(d.starred, false) as starred, d.satisfaction,
  coalesce(d.tags, '{}') as tags, d.duration_seconds, d.call_type, d.outcome, d.claim_number,
  coalesce(d.follow_up_required, false) as follow_up_required, d.escalation_reason, m.reply_text,
  null::jsonb as attachments, false as is_automatic, null::timestamptz as answered_at
from messaging_public_message m
left join case_communications d on d.message_id = m.id
where m.case_id = %(id)s
union all
select d.id * 3 + 1, d.id, d.case_id, d.kind, 'contact', d.kind, d.direction, d.subject, coalesce(d.content, ''), coalesce(d.contact, ''),
  coalesce(d.status, 'completed'), d.status = 'pending', d.occurred_at, d.occurred_at, d.created_at, null, null, null, null,
  null, d.error_message, d.agent_id, null, null, d.priority, d.starred, d.satisfaction, d.tags, d.duration_seconds, d.call_type,
  d.outcome, d.claim_number, d.follow_up_required, d.escalation_reason, null, null, false, null
from case_communications d
where d.case_id = %(id)s and d.message_id is null and d.mail_id is null
union all
select e.id * 3 + 2, e.id, e.case_id, 'email', 'mail', 'email', 'inbound', e.subject, left(coalesce(e.body_text, ''), 5000), e.from_email,
  coalesce(d.status, case e.status when 'new' then 'pending' when 'closed' then 'completed' when 'archived' then 'completed' else e.status end),
  coalesce(d.status, e.status) in ('new', 'pending'), e.sent_at, e.sent_at, e.received_at, null, null, null, null,
  null, null, e.assigned_to, null, null,
  coalesce(d.priority, case when e.priority in ('urgent', 'critical') then 'high' else e.priority end),
  coalesce(d.starred, e.starred), d.satisfaction, coalesce(d.tags, e.tags), null, d.call_type,
  d.outcome, d.claim_number, coalesce(d.follow_up_required, false), coalesce(d.escalation_reason, e.escalation_reason), null,
  e.attachments, e.is_automatic, e.first_reply_at
from inbox_public_mail e
left join case_communications d on d.mail_id = e.id
where e.case_id = %(id)s
