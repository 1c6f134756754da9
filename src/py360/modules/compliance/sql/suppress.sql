-- Put addresses on the suppression list. An entry is only ever made longer or weightier: what is temporary never replaces
-- what lasts, whichever came first. Of two that end alike, the weightier reason stands: hard_bounce, complaint, manual, then
-- stop and unsubscribe. `created_at` is when it was asked for, so that a START of before that moment does not lift it.
-- What the person asked for (`stopped_at`, `stop_reason`) is kept whichever reason stands, and outlives it.
with weights as (
  select * from unnest(array['stop', 'unsubscribe', 'manual', 'complaint', 'hard_bounce']) with ordinality as w (reason, weight)
), given as (
  select e.*, w.weight, least(e.asked_at, %(now)s::timestamptz) as at, e.reason in ('stop', 'unsubscribe', 'complaint') as is_stop
  from unnest(%(channels)s::text[], %(contacts)s::text[], %(reasons)s::text[], %(messages)s::bigint[], %(details)s::text[],
    %(expires)s::timestamptz[], %(asked)s::timestamptz[]) as e (channel, contact, reason, message_id, details, expires_at, asked_at)
  join weights w using (reason)
), stops as (
  select distinct on (channel, contact) channel, contact, at, reason from given where is_stop order by channel, contact, at desc
)
insert into suppressions as s (client_id, channel, contact, reason, message_id, details, expires_at, created_at, stopped_at, stop_reason)
select distinct on (g.channel, g.contact) %(client)s, g.channel, g.contact, g.reason, g.message_id, g.details, g.expires_at, g.at,
  stops.at, stops.reason
from given g left join stops using (channel, contact)
order by g.channel, g.contact, coalesce(g.expires_at, 'infinity') desc, g.weight desc
on conflict (client_id, channel, contact) do update
set (reason, message_id, details, expires_at, created_at, stopped_at, stop_reason) = (
  select case when stands then s.reason else excluded.reason end,
    case when stands then s.message_id else excluded.message_id end,
    case when stands then s.details else coalesce(excluded.details, s.details) end,
    case when stands then s.expires_at else excluded.expires_at end,
    case when stands then s.created_at else excluded.created_at end,
    greatest(s.stopped_at, excluded.stopped_at),
    case when excluded.stopped_at >= coalesce(s.stopped_at, '-infinity') then excluded.stop_reason else s.stop_reason end
  from (
    select (s.expires_at <= %(now)s
      or coalesce(excluded.expires_at, 'infinity') > coalesce(s.expires_at, 'infinity')
      or (coalesce(excluded.expires_at, 'infinity') = coalesce(s.expires_at, 'infinity')
        and (heavier.weight > lighter.weight or (excluded.reason = s.reason and excluded.created_at > s.created_at)))) is not true as stands
    from weights heavier, weights lighter where heavier.reason = excluded.reason and lighter.reason = s.reason
  ) judged)
