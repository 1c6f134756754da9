-- Customers who were drawn into a group and were recommended something in the period: of each group how many, how many bought such a
-- policy since, and what its premium is (INR). By rule; without one, each customer counts once, whatever the rules, and each policy.
-- A customer who was merged from both groups is in neither.
with bought as (
  select r.customer_id, r.held_out, r.rule, r.policy_id, r.bought_premium
  from recommendations r
  where {within} and r.held_out is not null and r.created_at >= %(since)s and r.created_at < %(until)s
    and not exists (select from recommendations o where o.customer_id = r.customer_id and o.held_out <> r.held_out)
  group by grouping sets ((r.customer_id, r.held_out, r.rule, r.policy_id, r.bought_premium),
    (r.customer_id, r.held_out, r.policy_id, r.bought_premium))
), customer as (
  select customer_id, held_out, rule, count(policy_id) as policies,
    coalesce(sum(bought_premium) filter (where policy_id is not null), 0) as premium
  from bought
  group by customer_id, held_out, rule
)
select rule, held_out, count(*) as size, count(*) filter (where policies > 0) as succeeded, avg(premium)::float8 as amount,
  coalesce(var_samp(premium), 0)::float8 as amount_variance
from customer
group by rule, held_out
order by rule nulls last
