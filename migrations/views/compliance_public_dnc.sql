-- The addresses of the do-not-contact registry, each with the days on which its entry holds. Overrides may lift an entry.
create view compliance_public_dnc as
select r.id, r.client_id, address.channel, address.contact, r.effective_date, r.expiry_date
from dnc_registry r cross join lateral (
  select 'email' as channel, lower(r.customer_email) as contact where r.dnc_type in ('email', 'both')
  union all
  select channel, r.customer_phone from unnest(array['sms', 'whatsapp', 'call']) channel where r.dnc_type in ('phone', 'both')
) address
where r.is_active;
