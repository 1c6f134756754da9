-- Customers' mails by who works on them, within the caller's reach ({reach}).
select u.id as user_id, u.name, count(*) as assigned,
  count(*) filter (where e.status in ('resolved', 'closed')) as completed,
  avg(extract(epoch from e.first_reply_at - e.received_at) / 3600) as reply_hours,
  avg(e.sentiment_score) as mean_score
from emails e join identity_public_users u on u.id = e.assigned_to
where {reach} and e.direction = 'inbound' and not e.is_automatic and e.folder not in ('junk', 'spam')
  and e.received_at >= %(first)s and e.received_at < %(last)s
  and (%(category)s::text is null or e.category = %(category)s) and (%(status)s::text is null or e.status = %(status)s)
group by u.id, u.name order by count(*) desc, u.name limit 100
