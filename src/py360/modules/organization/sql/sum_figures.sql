-- The figures of regions, branches and teams in a period, each with everything below it, by the tree as it was on each day:
-- a node that moved counts for its old parents until the day of the move (ADR 102). The sums of analytics are read by months
-- where a month has no move, else by days. A node that never moved has no dated path; its path is the present one.
with paths as (
  select d.node_id, d.path, d.valid_from, d.valid_to from dated_paths d where d.client_id = any(%(clients)s)
  union all
  select n.id, n.path, '-infinity'::date, null from organizational_hierarchy n
  where n.client_id = any(%(clients)s) and not exists (select from dated_paths d where d.node_id = n.id)
), figures as (
  select p.path,
         sum(c.cases) filter (where c.kind = 'opened') as current_cases,
         sum(c.cases) filter (where c.kind = 'ended' and c.status = 'renewed') as renewed_cases,
         sum(c.collected) filter (where c.kind = 'paid') as revenue,
         sum(c.cost) filter (where c.kind = 'opened') as spent
  from analytics_public_cell c
  join paths p on p.node_id = c.node_id and c.day >= p.valid_from and (p.valid_to is null or c.day < p.valid_to)
  where c.client_id = any(%(clients)s) and c.kind in ('opened', 'ended', 'paid')
    and (c.grain = 'm' and c.day = any(%(months)s::date[])
      or c.grain = 'd' and c.day between %(first)s and %(last)s
         and date_trunc('month', c.day)::date = any(%(by_day)s::date[]))
  group by p.path
)
select a.id::bigint as node_id, coalesce(sum(f.current_cases), 0)::bigint as current_cases,
       coalesce(sum(f.renewed_cases), 0)::bigint as renewed_cases, coalesce(sum(f.revenue), 0) as revenue,
       coalesce(sum(f.spent), 0) as spent
from figures f cross join lateral unnest(string_to_array(f.path::text, '.')) a (id)
where %(nodes)s::bigint[] is null or a.id::bigint = any(%(nodes)s)
group by 1
