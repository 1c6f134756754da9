-- The latest consent on each channel of a campaign's recipients; a preference that switches a channel off is an opt-out. Of a
-- large campaign some recipients stand for all: as many blocks of rows as asked for, spread evenly over its plan.
with plans as (
  select c.id, ends.first, ends.last from unnest(%(ids)s::bigint[]) c (id) cross join lateral (
    select min(id) as first, max(id) as last from campaign_recipients where campaign_id = c.id
  ) ends
), looked_at as (
  select distinct r.customer_id
  from plans cross join generate_series(0, %(blocks)s::bigint - 1) block cross join lateral (
    select customer_id from campaign_recipients
    where campaign_id = plans.id and id >= plans.first + (plans.last - plans.first) * block / %(blocks)s
    order by id limit %(block_rows)s
  ) r
), latest as (
  select r.customer_id, of.channel,
    case when k.communication_preferences ->> of.channel = 'false' then 'opted_out' else c.state end as state
  from looked_at r
  join customers_public_contact k on k.id = r.customer_id
  cross join unnest(array['email', 'sms', 'whatsapp']) of (channel)
  left join lateral (
    select state from compliance_public_consent c where c.customer_id = r.customer_id and c.channel = of.channel
  ) c on true
)
select count(distinct customer_id) as people,
  count(*) filter (where channel = 'email' and state = 'opted_in') as email,
  count(*) filter (where channel = 'sms' and state = 'opted_in') as sms,
  count(*) filter (where channel = 'whatsapp' and state = 'opted_in') as whatsapp,
  count(distinct customer_id) filter (where channel = any(%(channels)s) and state = 'opted_out') as opted_out
from latest
