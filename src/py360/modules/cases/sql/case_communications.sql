-- Everything said between the office and the customer of a case: the ledger's messages with what people noted of them, and
-- the calls, chats and visits that stand for themselves. `key` tells the two apart.
select m.id * 2 as key, m.id, m.case_id, m.communication_type, false as is_own,
  case when m.communication_type = 'call' then 'phone' else m.communication_type end as kind, 'outbound' as direction,
  m.subject, m.content, m.recipient_contact as contact, coalesce(d.status, m.status) as status,
  m.status in ('pending', 'sending') or d.status = 'pending' as is_pending,
  coalesce(m.sent_at, m.created_at) as at, m.sent_at, m.created_at, m.delivered_at, m.opened_at, m.clicked_at, m.replied_at,
  m.campaign_id, m.error_message, m.sent_by as agent_id, m.template_id, m.template_version,
  coalesce(d.priority, 'medium') as priority, coalesce(d.starred, false) as starred, d.satisfaction,
  coalesce(d.tags, '{}') as tags, d.duration_seconds, d.call_type, d.outcome, d.claim_number,
  coalesce(d.follow_up_required, false) as follow_up_required, d.escalation_reason, m.reply_text
from messaging_public_message m
left join case_communications d on d.message_id = m.id
where m.case_id = %(id)s
union all
select d.id * 2 + 1, d.id, d.case_id, d.kind, true, d.kind, d.direction, d.subject, coalesce(d.content, ''), coalesce(d.contact, ''),
  coalesce(d.status, 'completed'), d.status = 'pending', d.occurred_at, d.occurred_at, d.created_at, null, null, null, null,
  null, d.error_message, d.agent_id, null, null, d.priority, d.starred, d.satisfaction, d.tags, d.duration_seconds, d.call_type,
  d.outcome, d.claim_number, d.follow_up_required, d.escalation_reason, null
from case_communications d
where d.case_id = %(id)s and d.message_id is null
