-- How the predictions of each model came out, for the cases that ended in the period: what was predicted last while a case was open, and
-- what became of it. The area under the curve is the share of pairs, one lapsed and one renewed, that were put in the right order.
with ended as (
  select p.model_id, p.lapse_chance, (c.status <> 'renewed')::int as lapsed
  from renewal_predictions p join cases_public_case c on c.id = p.case_id
  where {within} and c.status in ('renewed', 'lapsed', 'failed') and c.closed_at >= %(since)s and c.closed_at < %(until)s
), placed as (
  select e.*, rank() over (partition by model_id order by lapse_chance)
    + (count(*) over (partition by model_id, lapse_chance) - 1) / 2.0 as place
  from ended e
), counted as (
  select model_id, count(*) as cases, sum(lapsed) as lapsed, avg(lapse_chance)::float8 as predicted,
    avg((lapse_chance - lapsed) ^ 2)::float8 as brier, coalesce(sum(place) filter (where lapsed = 1), 0) as places
  from placed group by model_id
)
select m.id as model_id, m.created_at as trained_at, m.is_active, c.cases, c.lapsed, c.predicted, c.brier,
  ((c.places - c.lapsed * (c.lapsed + 1) / 2.0) / nullif(c.lapsed * (c.cases - c.lapsed), 0))::float8 as auc
from counted c join renewal_models m on m.id = c.model_id
order by m.id desc
