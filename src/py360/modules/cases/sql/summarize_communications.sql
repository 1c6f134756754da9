-- The figures above a case's communications (domain reference, 10). A reply to a message counts as inbound, once where the mail
-- with it is here too (a mail that a program wrote is no reply); what came in is
-- answered once a user writes or calls after it, a campaign does not count. First-call resolution: of the calls, those that
-- were resolved with no later call within seven days. A call that did not come about is no call.
with said as ({communications}), arrived as (
  select s.replied_at as at, true as is_reply from said s
  where s.replied_at is not null and not (s.kind = 'email' and exists (
    select from said e where e.code_kind = 'mail' and e.at between s.replied_at - interval '1 minute' and s.replied_at + interval '1 minute'))
  union all select at, false from said where direction = 'inbound'
), answered as (
  select i.at, (select min(s.at) from said s where s.direction = 'outbound' and s.agent_id is not null
    and s.campaign_id is null and s.at > i.at) as answered_at
  from arrived i
), calls as (
  select c.at, c.duration_seconds, c.status = 'resolved' and not exists (
    select from said l where l.kind = 'phone' and l.at > c.at and l.at <= c.at + interval '7 days') as is_resolved
  from said c where c.kind = 'phone' and c.status <> 'failed'
)
select count(*) + (select count(*) from arrived where is_reply) as total, max(greatest(s.at, s.replied_at)) as last_contact,
  count(*) filter (where s.kind = 'email') as emails, count(*) filter (where s.kind = 'phone') as calls,
  count(*) filter (where s.kind = 'sms') as sms, count(*) filter (where s.kind = 'whatsapp') as whatsapp,
  count(*) filter (where s.direction = 'outbound') as outbound,
  (select count(*) from arrived) as inbound,
  count(*) filter (where s.is_pending) as pending, count(*) filter (where s.status = 'resolved') as resolved,
  count(*) filter (where s.status = 'escalated') as escalated,
  (select coalesce(round(100.0 * count(answered_at) / nullif(count(*), 0), 1), 0)::float8 from answered) as response_rate,
  (select round(extract(epoch from avg(answered_at - at)) / 3600, 1)::float8 from answered) as average_response_hours,
  round(avg(s.satisfaction), 2)::float8 as satisfaction,
  (select round(avg(duration_seconds))::float8 from calls) as average_call_seconds,
  (select round(100.0 * count(*) filter (where is_resolved) / nullif(count(*), 0), 1)::float8 from calls) as first_call_resolution
from said s
