-- The figures of sales channels in a period, from the sums of analytics, by the channel that cases name.
select ch.id as channel_id,
       coalesce(sum(c.cases) filter (where c.kind = 'opened'), 0)::bigint as current_cases,
       coalesce(sum(c.cases) filter (where c.kind = 'ended' and c.status = 'renewed'), 0)::bigint as renewed_cases,
       coalesce(sum(c.collected) filter (where c.kind = 'paid'), 0) as revenue,
       coalesce(sum(c.cost) filter (where c.kind = 'opened'), 0) as spent
from channels ch
join analytics_public_cell c on c.client_id = ch.client_id and lower(c.channel) = lower(ch.name)
where ch.id = any(%(channels)s) and c.kind in ('opened', 'ended', 'paid')
  and (c.grain = 'm' and c.day = any(%(months)s::date[])
    or c.grain = 'd' and c.day between %(first)s and %(last)s
       and date_trunc('month', c.day)::date = any(%(by_day)s::date[]))
group by ch.id
