-- The sums, all of them, from the facts.
insert into analytics_cells ({key}, {measures})
select client_id, kind, grain, date_trunc(unit, day::timestamp)::date, {dimensions}, {sums}
from analytics_facts cross join (values ('d', 'day'), ('m', 'month')) as grains (grain, unit)
group by 1, 2, 3, 4, {dimensions}
