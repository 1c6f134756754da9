-- Each recipient's latest consent on each channel; a preference that switches a channel off is an opt-out.
with latest as (
  select r.customer_id, channel,
    case when k.communication_preferences ->> channel = 'false' then 'opted_out' else c.state end as state
  from (select distinct customer_id from campaign_recipients where campaign_id = any(%(ids)s)) r
  join customers_public_contact k on k.id = r.customer_id
  cross join unnest(array['email', 'sms', 'whatsapp']) channel
  left join compliance_public_consent c using (customer_id, channel)
)
select count(*) filter (where channel = 'email' and state = 'opted_in') as email,
  count(*) filter (where channel = 'sms' and state = 'opted_in') as sms,
  count(*) filter (where channel = 'whatsapp' and state = 'opted_in') as whatsapp,
  count(distinct customer_id) filter (where channel = any(%(channels)s) and state = 'opted_out') as opted_out
from latest
