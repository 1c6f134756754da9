-- What the members of nodes did in a period, each from the day they came until the day they left.
select h.node_id, u.id, u.name, u.role, h.valid_from, h.valid_to,
       coalesce(sum(f.cases) filter (where f.kind = 'opened'), 0)::bigint as cases,
       coalesce(sum(f.cases) filter (where f.kind = 'ended' and f.status = 'renewed'), 0)::bigint as renewed
from user_home_nodes h
join identity_public_users u on u.id = h.user_id
left join analytics_public_fact f on f.assigned_to = h.user_id and f.kind in ('opened', 'ended')
  and f.day between %(first)s and %(last)s and f.day >= h.valid_from and (h.valid_to is null or f.day < h.valid_to)
where h.node_id = any(%(nodes)s) and h.valid_from <= %(last)s and (h.valid_to is null or h.valid_to > %(first)s)
group by h.node_id, u.id, u.name, u.role, h.valid_from, h.valid_to
order by renewed desc, lower(u.name), u.id limit %(most)s
