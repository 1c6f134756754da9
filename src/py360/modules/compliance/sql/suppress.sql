-- Put addresses on the suppression list. An entry is only ever made longer or weightier: what is temporary never replaces
-- what lasts, whichever came first. Of two that end alike, the weightier reason stands: hard_bounce, complaint, manual, then
-- stop and unsubscribe. `created_at` is when it was asked for, so that a START of before that moment does not lift it.
with given as (
  select e.*, array_position(array['stop', 'unsubscribe', 'manual', 'complaint', 'hard_bounce'], e.reason) as weight
  from unnest(%(channels)s::text[], %(contacts)s::text[], %(reasons)s::text[], %(messages)s::bigint[], %(details)s::text[],
    %(expires)s::timestamptz[], %(asked)s::timestamptz[]) as e (channel, contact, reason, message_id, details, expires_at, asked_at)
)
insert into suppressions as s (client_id, channel, contact, reason, message_id, details, expires_at, created_at)
select distinct on (channel, contact) %(client)s, channel, contact, reason, message_id, details, expires_at,
  least(asked_at, %(now)s::timestamptz)
from given
order by channel, contact, coalesce(expires_at, 'infinity') desc, weight desc
on conflict (client_id, channel, contact) do update
  set reason = excluded.reason, message_id = excluded.message_id, details = coalesce(excluded.details, s.details),
    expires_at = excluded.expires_at, created_at = excluded.created_at
  where s.expires_at <= %(now)s
    or coalesce(excluded.expires_at, 'infinity') > coalesce(s.expires_at, 'infinity')
    or (coalesce(excluded.expires_at, 'infinity') = coalesce(s.expires_at, 'infinity')
      and (array_position(array['stop', 'unsubscribe', 'manual', 'complaint', 'hard_bounce'], excluded.reason::text)
        > array_position(array['stop', 'unsubscribe', 'manual', 'complaint', 'hard_bounce'], s.reason::text)
        or (excluded.reason = s.reason and excluded.created_at > s.created_at)))
