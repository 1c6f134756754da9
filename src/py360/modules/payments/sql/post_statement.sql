-- The ledger entries of an applied file, one per line:
--   bank, a settlement's credit   bank / settlement_clearing; an unmatched credit   bank / suspense
--   settlement, a payment         settlement_clearing (net), fees, gst / gateway_clearing (suspense where no payment is known)
--   settlement, a refund          refunds (suspense) / settlement_clearing
--   settlement, a dispute or an adjustment   settlement_clearing / suspense, by its sign
-- Receipts of matched credits are posted with their case.
with booked as (
  select l.*, f.kind as file_kind, 'line ' || l.id as source,
    coalesce(l.happened_on::timestamp at time zone 'Asia/Kolkata', %(now)s) as happened_at
  from statement_lines l join statement_files f on f.id = l.file_id
  where l.file_id = %(file_id)s
    and (f.kind = 'bank' and l.kind = 'credit' and l.outcome in ('settlement', 'unmatched')
      or f.kind = 'settlement' and l.outcome in ('matched', 'unmatched'))
    and l.amount <> 0
), moves (line_id, account, amount) as (
  select id, 'bank', amount from booked where file_kind = 'bank'
  union all
  select id, case outcome when 'settlement' then 'settlement_clearing' else 'suspense' end, -amount from booked
  where file_kind = 'bank'
  union all
  select id, 'settlement_clearing', amount - fee from booked where file_kind = 'settlement' and kind = 'payment'
  union all
  select id, 'fees', fee - tax from booked where file_kind = 'settlement' and kind = 'payment'
  union all
  select id, 'gst', tax from booked where file_kind = 'settlement' and kind = 'payment'
  union all
  select id, case when payment_id is null then 'suspense' else 'gateway_clearing' end, -amount from booked
  where file_kind = 'settlement' and kind = 'payment'
  union all
  select id, case when payment_id is null then 'suspense' else 'refunds' end, amount from booked
  where file_kind = 'settlement' and kind = 'refund'
  union all
  select id, 'settlement_clearing', -amount from booked where file_kind = 'settlement' and kind = 'refund'
  union all
  select id, 'settlement_clearing', case kind when 'dispute' then -amount else amount end from booked
  where file_kind = 'settlement' and kind in ('dispute', 'adjustment')
  union all
  select id, case when kind = 'dispute' and payment_id is not null then 'gateway_clearing' else 'suspense' end,
    case kind when 'dispute' then amount else -amount end
  from booked where file_kind = 'settlement' and kind in ('dispute', 'adjustment')
), entries as (
  insert into ledger_entries (client_id, kind, source, case_id, payment_id, happened_at)
  select client_id, case file_kind when 'bank' then 'deposit' else 'settlement' end, source, case_id, payment_id, happened_at
  from booked
  returning id, client_id, source
)
insert into ledger_lines (entry_id, client_id, account, amount)
select e.id, e.client_id, m.account, m.amount
from moves m join booked b on b.id = m.line_id join entries e on e.source = b.source
where m.amount <> 0
