-- Claim the next recipients of a channel, with a lease. Those whose case is closed, or paid where the campaign reminds of the
-- payment, say so in `skip_reason`.
with picked as (
  select id from campaign_recipients
  where campaign_id = %(id)s and status = 'pending' and (claimed_until is null or claimed_until <= %(now)s)
  order by id limit %(limit)s for update skip locked
)
update campaign_recipients r set status = 'claimed', claimed_until = %(until)s
from picked
join campaign_recipients mine on mine.id = picked.id
left join cases_public_term term on term.case_id = mine.case_id
where r.id = picked.id
returning r.id, r.customer_id, r.case_id, r.contact, r.attempts,
  case when not term.is_open then 'case_closed' when term.is_paid and %(reminder)s then 'paid'
       when term.case_id is null and mine.case_id is not null then 'case_closed' end as skip_reason
