-- Which payment each line of a settlement file is about: by the gateway's own number of the payment, refund or dispute. A line
-- that an applied file has already, or that stands above it, is a duplicate.
with found as (
  select l.id, coalesce(a.payment_id, r.payment_id, d.payment_id) as payment_id, a.amount as captured,
    exists (
      select from statement_lines o join statement_files g on g.id = o.file_id
      where o.client_id = l.client_id and o.kind = l.kind and o.subject = l.subject and o.id <> l.id and g.provider_id = f.provider_id
        and g.kind = 'settlement' and (g.status = 'applied' or o.file_id = l.file_id and o.row_no < l.row_no)) as is_twin
  from statement_lines l join statement_files f on f.id = l.file_id
  left join payment_attempts a on l.kind in ('payment', 'dispute') and a.provider_id = f.provider_id and a.attempt_id = l.subject
  left join payment_refunds r on l.kind = 'refund' and r.provider_id = f.provider_id and r.refund_id = l.subject
  left join payment_disputes d on l.kind = 'dispute' and d.provider_id = f.provider_id and d.dispute_id = l.subject
  where l.file_id = %(file_id)s and l.outcome = 'unmatched'
)
update statement_lines l set payment_id = f.payment_id, case_id = p.case_id,
  outcome = case when f.is_twin then 'duplicate' when f.payment_id is not null or l.kind = 'adjustment' then 'matched'
    else 'unmatched' end,
  problem = case when f.is_twin then 'This line is in the books already.'
    when l.kind = 'adjustment' then null
    when f.payment_id is null then 'No payment here has this number.'
    when l.kind = 'payment' and f.captured <> l.amount then 'The gateway reported ' || f.captured || ' of this payment.' end
from found f left join payments p on p.id = f.payment_id where l.id = f.id
