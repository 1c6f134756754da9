-- Attempts that are not counted, with the reason: another currency than the order's, no amount, or money of the sandbox for a
-- client that has a real gateway (a sandbox payment never settles a real case). What was counted once stays counted.
update payment_attempts a set suspicious = v.suspicious
from (
  select a.id,
    case when a.currency <> p.currency then 'currency'
         when a.amount <= 0 then 'amount'
         when p.captured_amount = 0 and exists (
           select from providers_public_account s
           join providers_public_account r on r.client_id = s.client_id and r.channel = s.channel and not r.is_sandbox
           where s.id = a.provider_id and s.is_sandbox) then 'sandbox' end as suspicious
  from payment_attempts a join payments p on p.id = a.payment_id where p.id = any(%(ids)s)
) v
where a.id = v.id and a.suspicious is distinct from v.suspicious
