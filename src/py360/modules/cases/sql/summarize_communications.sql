-- The messages to a case's customer by channel, and how they were answered. Of what customers write, the time of the reply to
-- a message is known. A reply is answered once a user writes to the customer again.
select count(*) + count(m.replied_at) as total, max(greatest(m.created_at, m.replied_at)) as last_contact,
  count(*) filter (where m.communication_type = 'email') as emails,
  count(*) filter (where m.communication_type = 'call') as calls,
  count(*) filter (where m.communication_type = 'sms') as sms,
  count(*) filter (where m.communication_type = 'whatsapp') as whatsapp,
  count(*) as outbound, count(m.replied_at) as inbound,
  count(*) filter (where m.status in ('pending', 'sending')) as pending,
  coalesce(round(100.0 * count(answer.at) / nullif(count(m.replied_at), 0), 1), 0)::float8 as response_rate,
  round(extract(epoch from avg(answer.at - m.replied_at)) / 3600, 1)::float8 as average_response_hours
from messaging_public_message m
cross join lateral (
  select min(a.sent_at) as at from messaging_public_message a
  where a.case_id = m.case_id and a.sent_at > m.replied_at and a.sent_by is not null and a.campaign_id is null
) answer
where m.case_id = %(id)s
