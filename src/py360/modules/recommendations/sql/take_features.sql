-- Note what is known of the next open cases that were not looked at since they changed; the last case of the batch. A change is
-- known by the case's own time, not by ours: it says when the change began, and may be seen long afterwards.
with batch as (
  select c.id, c.client_id, c.due_date, c.customer_id, c.policy_id, c.policy_type, c.channel, c.premium_amount, c.renewal_amount,
    c.updated_at
  from cases_public_case c
  left join case_features f on f.case_id = c.id
  where c.client_id = %(client)s and c.is_open and c.id > %(after)s and f.case_updated_at is distinct from c.updated_at
  order by c.id limit %(limit)s
), held as (
  select h.customer_id, count(*) as policies
  from customers_public_policy h
  where h.customer_id in (select customer_id from batch) and h.status = 'active'
  group by h.customer_id
), taken as (
  insert into case_features (
    case_id, client_id, age, premium, premium_change, payments_per_year, policies_held, tenure_years, line, channel, city,
    region, taken_at, case_updated_at)
  select
    b.id, b.client_id,
    extract(year from age(b.due_date, u.date_of_birth)),
    coalesce(b.renewal_amount, b.premium_amount),
    least(round(b.renewal_amount / b.premium_amount - 1, 3), 999999),
    case p.payment_frequency when 'annual' then 1 when 'half_yearly' then 2 when 'quarterly' then 4 when 'monthly' then 12 end,
    coalesce(held.policies, 0),
    floor((p.start_date - p.inception_date) / 365.0),
    b.policy_type, b.channel, left(u.city, 100), left(u.state, 100), %(now)s, b.updated_at
  from batch b
  join customers_public_person u on u.id = b.customer_id
  join customers_public_policy p on p.id = b.policy_id
  left join held on held.customer_id = b.customer_id
  on conflict (case_id) do update set
    age = excluded.age, premium = excluded.premium, premium_change = excluded.premium_change,
    payments_per_year = excluded.payments_per_year, policies_held = excluded.policies_held,
    tenure_years = excluded.tenure_years, line = excluded.line, channel = excluded.channel, city = excluded.city,
    region = excluded.region, taken_at = excluded.taken_at, case_updated_at = excluded.case_updated_at
)
select max(id) from batch
