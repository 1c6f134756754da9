-- The running clocks that passed the moment of their warning or their end and whose handler does not know yet, marked as
-- notified. One that passed both at once (the worker was off) counts as over. Two watchers skip each other's rows.
with passed as (
  select k.id, k.due_at <= %(now)s as breached
  from claim_clocks k
  where k.stopped_at is null
    and ((k.warned_at is null and k.warn_at <= %(now)s) or (k.breached_at is null and k.due_at <= %(now)s))
  order by k.due_at limit %(batch)s for update skip locked
), noted as (
  update claim_clocks k
  set warned_at = coalesce(k.warned_at, %(now)s), breached_at = case when p.breached then %(now)s end
  from passed p where p.id = k.id
  returning k.claim_id, k.kind, k.due_at, p.breached
)
select n.claim_id, c.client_id, c.claim_number, c.assigned_to, n.kind, n.due_at, n.breached
from noted n join claims c on c.id = n.claim_id order by n.due_at, n.claim_id
