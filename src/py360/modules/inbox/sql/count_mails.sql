-- The figures of the dashboard over customers' mails of a span, within the caller's reach ({reach}).
select
  count(*) filter (where e.received_at >= %(today)s) as total_today,
  count(*) filter (where e.status = 'new') as new,
  count(*) filter (where e.status = 'in_progress') as in_progress,
  count(*) filter (where e.status in ('resolved', 'closed')) as resolved,
  count(*) filter (where e.status = 'escalated') as escalated,
  count(*) filter (where coalesce(e.resolved_at, case when e.status in ('new', 'in_progress', 'escalated') then %(now)s end)
    > e.sla_deadline) as sla_breaches,
  count(*) filter (where e.sla_deadline is not null) as with_deadline,
  count(*) filter (where e.status in ('new', 'in_progress', 'escalated') and e.resolved_at is null and e.sla_deadline > %(now)s
    and (e.received_at + (e.sla_deadline - e.received_at) * 0.75 <= %(now)s or e.sla_deadline - interval '6 hours' <= %(now)s)) as sla_nearing,
  count(*) as total,
  count(*) filter (where e.sentiment_label = 'positive') as positive,
  count(*) filter (where e.sentiment_label = 'neutral') as neutral,
  count(*) filter (where e.sentiment_label = 'negative') as negative,
  avg(e.sentiment_score) as mean_score,
  avg(extract(epoch from e.first_reply_at - e.received_at) / 3600) as reply_hours,
  count(*) filter (where e.first_reply_at is not null) as replied,
  count(*) filter (where not e.read_status and e.folder = 'inbox') as unread,
  count(*) filter (where e.classified_by in ('rules', 'model') and e.category <> 'uncategorized') as tagged,
  count(*) filter (where e.status in ('resolved', 'closed') and exists (
    select from email_events v where v.email_id = e.id and v.event = 'resolved_automatically')) as resolved_automatically
from emails e
where {reach} and e.direction = 'inbound' and not e.is_automatic and e.folder not in ('junk', 'spam')
  and e.received_at >= %(first)s and e.received_at < %(last)s
  and (%(category)s::text is null or e.category = %(category)s) and (%(status)s::text is null or e.status = %(status)s)
