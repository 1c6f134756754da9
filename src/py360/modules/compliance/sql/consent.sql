-- Record what a person decided for every customer who has this address, on the channels it holds for. An opt-out holds for both
-- purposes; an opt-in for promotion, and for service where something was decided about service before. What the customer decided
-- last already is not written again.
insert into consents (client_id, customer_id, channel, purpose, state, source, evidence)
select %(client)s, p.id, c.channel, c.purpose, %(state)s::text, %(source)s, jsonb_build_object('message_id', %(message)s::bigint)
from customers_public_contact p cross join (
  select channel, purpose from unnest(%(channels)s::text[]) channel cross join unnest(array['service', 'promotional']) purpose
) c
where p.client_id = %(client)s
  and (case when %(email)s then p.email = %(contact)s else p.phone = %(contact)s end)
  and (%(state)s::text = 'opted_out' or c.purpose = 'promotional' or exists (
    select from consents o where o.customer_id = p.id and o.channel = c.channel and o.purpose = 'service'))
  and %(state)s::text is distinct from (
    select o.state from consents o where o.customer_id = p.id and o.channel = c.channel and o.purpose = c.purpose
    order by o.id desc limit 1)
