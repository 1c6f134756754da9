-- The status of mandates from what was reported: the token's where there is one, else that of the page where it is authorised.
-- A link that ran out leaves nothing to wait for; what has ended is not asked about any more.
with facts as (
  select m.id, m.status as before,
    coalesce(t.status, case when m.token is not null and m.link_level < 1 then 'pending' end, m.link_status) as status,
    coalesce(t.reason, m.reason) as reason
  from payment_mandates m
  left join mandate_tokens t on t.provider_id = m.provider_id and t.token = m.token
  where m.id = any(%(ids)s)
)
update payment_mandates m set
  status = f.status, reason = f.reason,
  cancelled_by = case when f.status = 'cancelled' then coalesce(m.cancelled_by, 'customer') end,
  authorised_at = case when f.status in ('active', 'paused') then coalesce(m.authorised_at, %(now)s) else m.authorised_at end,
  ended_at = case when f.status in ('rejected', 'expired', 'cancelled') then coalesce(m.ended_at, %(now)s) end,
  next_poll_at = case when f.status in ('rejected', 'expired', 'cancelled') then null else m.next_poll_at end
from facts f
where f.id = m.id and m.status not in ('rejected', 'expired', 'cancelled')
  and (m.status, m.reason) is distinct from (f.status, f.reason)
returning m.id, f.before, m.status, m.reason, m.cancelled_by, m.token is not null as names_token
