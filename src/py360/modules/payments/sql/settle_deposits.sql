-- Bank credits that were booked before their settlement was known: from suspense to settlement_clearing.
with found as (
  select l.id, l.client_id, l.amount, min(s.settlement) as settlement
  from statement_lines l join statement_files f on f.id = l.file_id and f.kind = 'bank' and f.status = 'applied'
  join statement_lines s on s.client_id = l.client_id and s.settlement is not null
    and (s.utr = l.utr or s.utr = any(l.words) or s.settlement = any(l.words))
  join statement_files g on g.id = s.file_id and g.kind = 'settlement' and g.status = 'applied'
  where l.client_id = %(client_id)s and l.kind = 'credit' and l.outcome = 'unmatched'
  group by l.id
), marked as (
  update statement_lines l set outcome = 'settlement', settlement = found.settlement, problem = null from found where l.id = found.id
), entries as (
  insert into ledger_entries (client_id, kind, source, happened_at)
  select client_id, 'adjustment', 'line ' || id, %(now)s from found
  returning id, client_id, source
)
insert into ledger_lines (entry_id, client_id, account, amount)
select e.id, e.client_id, side.account, side.sign * found.amount
from entries e join found on e.source = 'line ' || found.id
cross join (values ('suspense', 1), ('settlement_clearing', -1)) side (account, sign)
