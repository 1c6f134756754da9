-- Customers' mails by day (India's) and category within the caller's reach ({reach}), and how many of them are settled.
select (e.received_at at time zone 'Asia/Kolkata')::date as day, e.category, count(*) as received,
  count(*) filter (where e.resolved_at is not null) as resolved,
  count(*) filter (where e.resolved_at is null) as pending,
  avg(extract(epoch from e.resolved_at - e.received_at) / 3600) as resolution_hours
from emails e
where {reach} and e.direction = 'inbound' and not e.is_automatic and e.folder not in ('junk', 'spam')
  and e.received_at >= %(first)s and e.received_at < %(last)s
  and (%(category)s::text is null or e.category = %(category)s) and (%(status)s::text is null or e.status = %(status)s)
group by 1, 2 order by 1, 2
