-- Opens and clicks of mails that people wrote: a batch is added to what was counted before. Message by message in one order, as
-- the ledger's own rows are locked.
insert into message_engagement (message_id, client_id, opens, last_opened_at, clicks, last_clicked_at)
select l.id, l.client_id, count(*) filter (where n.status = 'opened'), max(n.at) filter (where n.status = 'opened'),
  count(*) filter (where n.status = 'clicked'), max(n.at) filter (where n.status = 'clicked')
from jsonb_to_recordset(%(events)s::jsonb) as n (message_id bigint, status text, at timestamptz)
join communication_delivery_status l on l.id = n.message_id
group by l.id
order by l.id
on conflict (message_id) do update set
  opens = message_engagement.opens + excluded.opens,
  last_opened_at = greatest(message_engagement.last_opened_at, excluded.last_opened_at),
  clicks = message_engagement.clicks + excluded.clicks,
  last_clicked_at = greatest(message_engagement.last_clicked_at, excluded.last_clicked_at)
