-- Three ways compared, for a client: what the ledger has of its gateways, what they settled, what the bank has. What agrees by now
-- is resolved; what a person resolved stays so while its amount stays.
with line as (
  select l.*, f.provider_id from statement_lines l join statement_files f on f.id = l.file_id
  where f.client_id = %(client_id)s and f.kind = 'settlement' and f.status = 'applied' and l.outcome in ('matched', 'unmatched')
), begun as (  -- before a gateway's first file nothing is expected of it
  select provider_id, min(happened_on) - %(days)s as first_day from line group by provider_id
), settlement as (
  select provider_id, settlement, max(happened_on) as settled_on,
    sum(case kind when 'payment' then amount - fee when 'adjustment' then amount else -amount end) as net
  from line where settlement is not null group by provider_id, settlement
), deposit as (
  select l.settlement, sum(l.amount) as amount from statement_lines l join statement_files f on f.id = l.file_id
  where f.client_id = %(client_id)s and f.kind = 'bank' and f.status = 'applied' and l.outcome = 'settlement' group by l.settlement
), found (kind, subject, amount, details, case_id, payment_id, line_id) as (
  select 'missing_in_settlement', 'attempt ' || a.attempt_id, a.amount,
    'Captured on ' || to_char(a.happened_at at time zone 'Asia/Kolkata', 'DD/MM/YYYY') || ' and in no settlement: ask the gateway for '
      || a.attempt_id || '.', p.case_id, p.id, null::bigint
  from payment_attempts a join payments p on p.id = a.payment_id join begun b on b.provider_id = a.provider_id
  where p.client_id = %(client_id)s and a.status in ('captured', 'refunded') and a.suspicious is null
    and a.happened_at < %(now)s::timestamptz - make_interval(days => %(days)s)
    and a.happened_at >= b.first_day::timestamp at time zone 'Asia/Kolkata'
    and not exists (select from line l where l.provider_id = a.provider_id and l.kind = 'payment' and l.subject = a.attempt_id)
  union all
  select 'unknown_in_settlement', l.kind || ' ' || l.subject, l.amount,
    'The gateway settled ' || l.subject || ', which no payment here has.', null, null, l.id
  from line l where l.kind <> 'adjustment' and l.payment_id is null
  union all
  select 'settlement_differs', 'attempt ' || l.subject, l.amount - a.amount,
    'The gateway settled ' || l.amount || ' of ' || l.subject || ', and reported ' || a.amount || '.', l.case_id, l.payment_id, l.id
  from line l join payment_attempts a on a.provider_id = l.provider_id and a.attempt_id = l.subject
  where l.kind = 'payment' and l.amount <> a.amount
  union all
  select 'missing_at_bank', 'settlement ' || s.settlement, s.net,
    'Settlement ' || s.settlement || ' is in no bank file.', null, null, null
  from settlement s left join deposit d on d.settlement = s.settlement
  where d.settlement is null and s.net <> 0 and s.settled_on < %(today)s::date - 2
  union all
  select 'bank_differs', 'settlement ' || s.settlement, d.amount - s.net,
    'Settlement ' || s.settlement || ' comes to ' || s.net || '; the bank has ' || d.amount || '.', null, null, null
  from settlement s join deposit d on d.settlement = s.settlement where d.amount <> s.net
  union all
  select 'unmatched_receipt', 'line ' || l.id, l.amount,
    'The bank has ' || l.amount || ' (' || coalesce(l.narration, l.subject) || '). Say which case it pays.', null, null, l.id
  from statement_lines l join statement_files f on f.id = l.file_id
  where f.client_id = %(client_id)s and f.kind = 'bank' and f.status = 'applied' and l.kind = 'credit' and l.outcome = 'unmatched'
), gone as (
  update reconciliation_exceptions x set status = 'resolved', resolved_at = %(now)s, reason = 'It agrees by now.'
  where x.client_id = %(client_id)s and x.status = 'open'
    and x.kind not in ('unallocated_credit', 'closed_case', 'suspicious')
    and not exists (select from found f where f.kind = x.kind and f.subject = x.subject)
)
insert into reconciliation_exceptions as x (client_id, kind, subject, amount, details, case_id, payment_id, line_id)
select %(client_id)s, kind, subject, amount, left(details, 500), case_id, payment_id, line_id from found
on conflict (client_id, kind, subject) do update set amount = excluded.amount, details = excluded.details, status = 'open',
  reason = null, resolved_by = null, resolved_at = null
where x.amount <> excluded.amount or x.status = 'resolved' and x.resolved_by is null
returning x.id, x.kind
