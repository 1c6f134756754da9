-- News of messages, by our number or by the vendor's. Many news of one message in a batch fold into one: the furthest status,
-- the earliest moment of each kind. A status only moves forward; `blocked` never moves.
with told as (
  select case when n.message_id is null then l.id when n.provider_id is null or o.id is not null then n.message_id end as id,
    array_position(%(forward)s::text[], n.status) as rank, n.*
  from jsonb_to_recordset(%(news)s::jsonb) as n (message_id bigint, vendor_message_id text, status text, at timestamptz,
    error_code text, error_message text, cost numeric, unsubscribed boolean, provider_id bigint)
  left join communication_delivery_status l on n.message_id is null and l.vendor_message_id = n.vendor_message_id
    and (n.provider_id is null or l.provider_id = n.provider_id)
  left join communication_delivery_status o on o.id = n.message_id and o.provider_id = n.provider_id
), folded as (
  select id, max(rank) as rank, max(vendor_message_id) as vendor_id, max(cost) as cost,
    min(at) filter (where status = any(array['sent', 'delivered', 'opened', 'clicked', 'replied'])) as sent_at,
    min(at) filter (where status = any(array['delivered', 'opened', 'clicked', 'replied'])) as delivered_at,
    min(at) filter (where status = any(array['opened', 'clicked'])) as opened_at,
    min(at) filter (where status = 'clicked') as clicked_at,
    min(at) filter (where status = 'replied') as replied_at,
    min(at) filter (where unsubscribed) as unsubscribed_at,
    (array_agg(left(error_code, 50) order by rank desc, error_code) filter (where error_code is not null))[1] as code,
    (array_agg(error_message order by rank desc, error_code) filter (where error_message is not null))[1] as error,
    row_number() over (partition by max(vendor_message_id) order by id) = 1 as is_first
  from told where id is not null group by id
), before as (
  select l.id, l.status, l.unsubscribed_at is null as subscribed, array_position(%(forward)s::text[], l.status::text) as rank
  from communication_delivery_status l join folded f on f.id = l.id
  where l.status <> 'blocked'
  order by l.id for update of l
)
update communication_delivery_status l set
  status = case when f.rank > b.rank then (%(forward)s::text[])[f.rank] else l.status end,
  vendor_message_id = coalesce(l.vendor_message_id, case when f.is_first and not exists (
    select from communication_delivery_status o where o.vendor_message_id = f.vendor_id) then f.vendor_id end),
  cost = coalesce(f.cost, l.cost),
  sent_at = least(l.sent_at, f.sent_at),
  delivered_at = least(l.delivered_at, f.delivered_at),
  opened_at = least(l.opened_at, f.opened_at),
  clicked_at = least(l.clicked_at, f.clicked_at),
  replied_at = least(l.replied_at, f.replied_at),
  unsubscribed_at = least(l.unsubscribed_at, f.unsubscribed_at),
  error_code = case when f.rank > b.rank then f.code else coalesce(l.error_code, f.code) end,
  error_message = case when f.rank > b.rank then left(f.error, 500) else coalesce(l.error_message, left(f.error, 500)) end
from folded f join before b on b.id = f.id
where l.id = f.id
returning l.id as message_id, l.client_id, l.campaign_id, l.communication_type as channel, l.recipient_contact as contact, l.provider_id
