-- What became of the debits that were presented: paid when their payment came in whole, failed when the gateway says so or
-- has not answered until the payment's end. Money that comes after that pays all the same.
update mandate_debits d set
  status = case when p.captured_amount >= p.amount then 'paid' else 'failed' end,
  reason = case when p.captured_amount >= p.amount then null
    else coalesce(p.error, 'The gateway has not said what became of it.') end,
  finished_at = %(now)s
from payments p
where p.id = d.payment_id and (d.status = 'presented' and (p.captured_amount >= p.amount or p.status = 'failed')
  or d.status = 'failed' and p.captured_amount >= p.amount)
returning d.id, d.mandate_id, d.case_id, d.outstanding_id, d.due_date, d.amount, d.attempt, d.status, d.reason,
  p.error is not null as was_answered
