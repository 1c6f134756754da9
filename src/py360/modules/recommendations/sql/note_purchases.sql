-- Note what customers bought of the kind that was recommended: a policy in force that began on the day of the recommendation or
-- later. Recommendations that were shown and those held out alike; one that was shown, and is open, is converted by it.
with bought as (
  select distinct on (r.id) r.id, r.status in ('shown', 'accepted') as is_open, p.id as policy_id, p.premium_amount
  from recommendations r
  join jsonb_to_recordset(%(words)s) as w (rule text, word text) on w.rule = r.rule
  join customers_public_policy p on p.customer_id = r.customer_id
  where not r.is_duplicate and (r.policy_id is null or r.status in ('shown', 'accepted'))
    and p.status = 'active' and p.start_date >= (r.created_at at time zone 'Asia/Kolkata')::date
    and strpos(concat(' ', lower(concat_ws(' ', p.policy_type, p.product_name)), ' '), w.word) > 0
  order by r.id, p.start_date, p.id
)
update recommendations r set
  policy_id = coalesce(r.policy_id, b.policy_id),
  bought_premium = coalesce(r.bought_premium, b.premium_amount),
  status = case when b.is_open then 'converted' else r.status end,
  note = case when b.is_open then coalesce(r.note, 'Such a policy is held now.') else r.note end,
  answered_at = case when b.is_open then %(now)s else r.answered_at end,
  updated_at = now()
from bought b
where b.id = r.id
