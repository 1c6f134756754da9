-- Bank credits that were booked before their settlement was known: from suspense to settlement_clearing.
with keys as (
  select l.id, l.client_id, l.amount, unnest(l.words || coalesce(l.utr, '')) as word
  from statement_lines l join statement_files f on f.id = l.file_id and f.kind = 'bank' and f.status = 'applied'
  where l.client_id = %(client_id)s and l.kind = 'credit' and l.outcome = 'unmatched'
), named as (
  select k.id, k.client_id, k.amount, s.id as line_id
  from keys k join statement_lines s on s.client_id = k.client_id and s.utr = k.word
  union all
  select k.id, k.client_id, k.amount, s.id from keys k join statement_lines s on s.client_id = k.client_id and s.settlement = k.word
), found as (
  select n.id, n.client_id, n.amount, min(s.settlement) as settlement
  from named n join statement_lines s on s.id = n.line_id and s.settlement is not null
  join statement_files g on g.id = s.file_id and g.kind = 'settlement' and g.status = 'applied'
  group by n.id, n.client_id, n.amount
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
