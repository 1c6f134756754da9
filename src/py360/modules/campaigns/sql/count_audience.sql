-- The size of a channel's plan, and whom the send gate would refuse of it now. Each recipient counts once, under the reason that
-- the gate gives first: consent, suppression, the do-not-contact registry (compliance/service/admit.py), then a reported death
-- (messaging/delivery/bereavement.py). The three parts in braces are the audience, its contact, and which of a contact's cases is
-- the one that is planned.
select count(*) as cases, count(contact) as contacts, count(*) filter (where planned) as recipients,
  count(*) filter (where planned and reason = 'opted_out') as opted_out,
  count(*) filter (where planned and reason = 'no_opt_in') as no_opt_in,
  count(*) filter (where planned and reason = 'suppressed') as suppressed,
  count(*) filter (where planned and reason = 'dnc') as dnc,
  count(*) filter (where planned and reason = 'death_claim') as death_claim
from (
  select a.contact, a.first and a.contact is not null as planned,
    case
      when a.off or left_out.customer_id is not null then 'opted_out'
      when %(needs_opt_in)s and willing.customer_id is null then 'no_opt_in'
      when suppressed.contact is not null then 'suppressed'
      when registered.contact is not null then 'dnc'
      when dead.customer_id is not null then 'death_claim'
    end as reason
  from (
    select c.customer_id, {contact} as contact, {first} as first,
      coalesce(k.communication_preferences ->> %(channel)s = 'false', false) as off
    from cases_public_case c join customers_public_contact k on k.id = c.customer_id where {where}
  ) a
  left join (
    select distinct customer_id from compliance_public_decision
    where client_id = %(client)s and channel = %(channel)s and purpose = any(%(purposes)s) and state = 'opted_out'
  ) left_out on left_out.customer_id = a.customer_id
  left join (
    select customer_id from compliance_public_decision
    where %(needs_opt_in)s and client_id = %(client)s and channel = %(channel)s and purpose = 'promotional' and state = 'opted_in'
  ) willing on willing.customer_id = a.customer_id
  left join (
    select contact from compliance_public_suppression
    where client_id = %(client)s and channel = %(channel)s and (expires_at is null or expires_at > %(now)s)
  ) suppressed on suppressed.contact = a.contact
  left join (
    select distinct d.contact from compliance_public_dnc d
    where d.client_id = %(client)s and d.channel = %(channel)s and d.effective_date <= %(today)s
      and (d.expiry_date is null or d.expiry_date > %(today)s)
      and not exists (
        select from compliance_public_dnc_override o
        where o.dnc_id = d.id and o.start_date <= %(now)s and (o.end_date is null or o.end_date > %(now)s))
  ) registered on registered.contact = a.contact
  left join (
    select distinct customer_id from claims_public_death where client_id = %(client)s
  ) dead on dead.customer_id = a.customer_id
) judged
