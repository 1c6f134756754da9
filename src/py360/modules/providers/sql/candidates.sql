-- The active accounts of a client and channel, in no order. A sandbox account is blocked once a real one of the channel is in
-- use: for payments as soon as there is one, switched on or not (a sandbox payment must never settle a real case); for
-- messages when one that is on was tested, used or made the default, or one was ever used (switching it off must not lead
-- real messages into the sandbox unseen).
select c.*,
  not c.is_sandbox and (c.status = 'connected' or c.last_used is not null) as is_proven,
  c.is_sandbox and exists (
    select from providers r
    where r.client_id = c.client_id and r.channel = c.channel and not r.is_sandbox
      and (r.channel = 'payment' or r.last_used is not null or (r.is_active and (r.is_default or r.status = 'connected')))
  ) as is_blocked
from providers c
where c.client_id = %(client)s and c.channel = %(channel)s and c.is_active
