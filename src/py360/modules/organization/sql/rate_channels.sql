-- How customers rated what was said about a channel's cases in a period (mean of the ratings, out of 5), and how long their mails
-- about them waited for the first answer, in hours.
select ch.id as channel_id, r.satisfaction, w.response_hours
from channels ch
left join lateral (
  select round(avg(n.satisfaction), 1)::float8 as satisfaction from cases_public_communication n
  where n.client_id = ch.client_id and lower(n.channel) = lower(ch.name) and n.satisfaction is not null
    and (n.occurred_at at time zone 'Asia/Kolkata')::date between %(first)s and %(last)s) r on true
left join lateral (
  select round(extract(epoch from avg(m.first_reply_at - m.received_at)) / 3600, 1)::float8 as response_hours
  from inbox_public_mail m join cases_public_outcome k on k.case_id = m.case_id and lower(k.channel) = lower(ch.name)
  where m.client_id = ch.client_id and m.first_reply_at is not null
    and (m.received_at at time zone 'Asia/Kolkata')::date between %(first)s and %(last)s) w on true
where ch.id = any(%(channels)s)
