-- Consent, suppression and the do-not-contact registry for a batch of contacts, one row for each in their order. A customer is
-- who the caller says, else whoever has this address. Preferences (email: false) are an opt-out only when they say so; not
-- stated is not an opt-out. An entry of the registry may be lifted by an approved, running override. The two conditions in
-- braces compare addresses or numbers (service/admit.py), so that each has its index.
with asked as (
  select * from unnest(%(contacts)s::text[], %(customers)s::bigint[]) with ordinality as a (contact, customer_id, place)
)
select a.place, consent.state, consent.any_out, prefs.off, s.reason as suppressed, d.id as dnc_id, d.dnc_source,
       d.dnc_type, d.reason as dnc_reason, d.override_allowed
from asked a
left join lateral (
  select bool_or(latest.state = 'opted_out') as any_out,
         bool_or(latest.state = 'opted_in' and latest.purpose = %(purpose)s) as state
  from (
    select distinct on (o.customer_id, o.purpose) o.purpose, o.state
    from consents o
    where o.customer_id in (
        select a.customer_id where a.customer_id is not null
        union all
        select p.id from customers_public_contact p
        where a.customer_id is null and p.client_id = %(client)s
          and {customer_has})
      and o.channel = %(channel)s and o.purpose = any(%(purposes)s)
    order by o.customer_id, o.purpose, o.id desc
  ) latest
) consent on true
left join lateral (
  select true as off from customers_public_contact p
  where p.id = a.customer_id and p.communication_preferences ->> %(channel)s = 'false'
) prefs on true
left join suppressions s on s.client_id = %(client)s and s.channel = %(channel)s and s.contact = a.contact
  and (s.expires_at is null or s.expires_at > %(now)s)
left join lateral (
  select r.id, r.dnc_source, r.dnc_type, r.reason, r.override_allowed
  from dnc_registry r
  where r.client_id = %(client)s and r.is_active
    and {entry_has}
    and r.effective_date <= %(today)s and (r.expiry_date is null or r.expiry_date > %(today)s)
    and not exists (
      select 1 from dnc_override_logs l
      where l.dnc_id = r.id and l.status = 'approved' and l.start_date <= %(now)s
        and (l.end_date is null or l.end_date > %(now)s))
  limit 1
) d on true
order by a.place
