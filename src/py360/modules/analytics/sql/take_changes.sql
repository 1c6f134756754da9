-- Takes the oldest notes of changed cases, up to so many cases; the cases, each once.
with few as (
  select id, sum(cardinality(case_ids)) over (order by id) - cardinality(case_ids) as before
  from (select id, case_ids from analytics_changes order by id limit %(most)s) oldest
), taken as (
  delete from analytics_changes where id in (select id from few where before < %(most)s) returning case_ids
)
select distinct unnest(case_ids) from taken
