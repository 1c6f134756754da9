-- One row per customer and channel: opted out when the latest entry for any purpose is so, else opted in.
create view compliance_public_consent as
select customer_id, channel, case when bool_or(state = 'opted_out') then 'opted_out' else 'opted_in' end as state
from (
  select distinct on (customer_id, channel, purpose) customer_id, channel, state
  from consents order by customer_id, channel, purpose, id desc
) latest
group by customer_id, channel;
