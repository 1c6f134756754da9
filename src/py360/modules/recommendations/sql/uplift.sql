-- Cases that ended in the period, on the call list and held out: how many renewed, and for how much each. Cases older than the
-- first one held out, or newer than the last, were never drawn and are not compared.
with drawn as (
  select h.client_id, min(h.case_id) as first, max(h.case_id) as last
  from renewal_predictions h
  where h.held_out and h.client_id = any(%(reach_clients)s)
  group by h.client_id
)
select p.held_out, count(*) as size, count(*) filter (where c.status = 'renewed') as succeeded,
  avg(case when c.status = 'renewed' then f.premium else 0 end)::float8 as amount,
  coalesce(var_samp(case when c.status = 'renewed' then f.premium else 0 end), 0)::float8 as amount_variance
from drawn d
join renewal_predictions p on p.client_id = d.client_id and p.case_id between d.first and d.last
join cases_public_case c on c.id = p.case_id
join case_features f on f.case_id = p.case_id
where {within} and c.status in ('renewed', 'lapsed', 'failed') and c.closed_at >= %(since)s and c.closed_at < %(until)s
group by p.held_out
