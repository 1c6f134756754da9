-- Counts cases again: what differs from what was counted of them is written to the facts, and moves the sums of its day and
-- month. A fact of which a value changed is taken off with its old values and added with the new ones.
-- In braces: the definition of the figures, and columns of the tables.
with fresh as materialized (
  select s.* from ({source}) s ({fact}) where s.case_id = any(%(ids)s)
), counted as materialized (
  select {fact} from analytics_facts where case_id = any(%(ids)s)
), added as materialized (
  select * from fresh except all select * from counted
), removed as materialized (
  select * from counted except all select * from fresh
), gone as (
  delete from analytics_facts f using removed r
  where (f.case_id, f.kind, f.number) = (r.case_id, r.kind, r.number)
    and not exists (select from added a where (a.case_id, a.kind, a.number) = (r.case_id, r.kind, r.number))
), written as (
  insert into analytics_facts ({fact}) select * from added
  on conflict (case_id, kind, number) do update set {taken}
), moved as (
  select 1 as sign, * from added union all select -1, * from removed
)
insert into analytics_cells as c ({key}, {measures})
select client_id, kind, grain, date_trunc(unit, day::timestamp)::date, {dimensions}, {sums}
from moved cross join (values ('d', 'day'), ('m', 'month')) as grains (grain, unit)
group by 1, 2, 3, 4, {dimensions}
having ({sums}) <> ({zeros})
on conflict ({key}) do update set {grown}
returning c.client_id, case when c.cases = 0 then c.ctid::text end as emptied
