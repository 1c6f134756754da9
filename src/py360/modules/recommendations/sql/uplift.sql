-- Cases that ended in the period, on the call list and held out: how many renewed, and for how much each.
select p.held_out, count(*) as cases, count(*) filter (where c.status = 'renewed') as renewed,
  avg(case when c.status = 'renewed' then f.premium else 0 end)::float8 as amount,
  coalesce(var_samp(case when c.status = 'renewed' then f.premium else 0 end), 0)::float8 as amount_variance
from renewal_predictions p
join cases_public_case c on c.id = p.case_id
join case_features f on f.case_id = p.case_id
where {within} and c.status in ('renewed', 'lapsed', 'failed') and c.closed_at >= %(since)s and c.closed_at < %(until)s
group by p.held_out
