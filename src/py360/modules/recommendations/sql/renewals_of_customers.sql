-- Of the same customers, the first case that ended after they were first recommended something: how many renewed it, and for how much.
with drawn as (
  select r.customer_id, bool_or(r.held_out) as held_out, min(r.created_at) as since
  from recommendations r
  where {within} and r.held_out is not null and r.created_at >= %(since)s and r.created_at < %(until)s
  group by r.customer_id
  having bool_and(r.held_out) = bool_or(r.held_out)
), ended as (
  select distinct on (d.customer_id) d.held_out, c.status = 'renewed' as renewed,
    case when c.status = 'renewed' then coalesce(c.renewal_amount, c.premium_amount) else 0 end as amount
  from drawn d
  join cases_public_case c on c.customer_id = d.customer_id
  where {cases} and c.status in ('renewed', 'lapsed', 'failed') and c.closed_at > d.since
  order by d.customer_id, c.closed_at, c.id
)
select held_out, count(*) as size, count(*) filter (where renewed) as succeeded, avg(amount)::float8 as amount,
  coalesce(var_samp(amount), 0)::float8 as amount_variance
from ended
group by held_out
