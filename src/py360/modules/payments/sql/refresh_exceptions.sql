-- The exceptions of some cases: money that pays nothing, money for cases that are over, and money that is not counted. What is
-- there no more is resolved; what a person resolved stays so while its amount stays.
with credit as (
  select e.client_id, e.case_id, -sum(l.amount) as amount
  from ledger_entries e join ledger_lines l on l.entry_id = e.id
  where e.case_id = any(%(case_ids)s) and l.account = 'unallocated_credit' group by e.client_id, e.case_id
), kept as (
  select c.client_id, c.id as case_id, c.status, sum(p.captured_amount - p.refunded_amount) as amount
  from cases_public_case c join payments p on p.case_id = c.id
  where c.id = any(%(case_ids)s) and c.status in ('lapsed', 'cancelled') group by c.client_id, c.id, c.status
), odd as (
  select p.client_id, p.case_id, p.id as payment_id, a.attempt_id, a.amount, a.currency, a.suspicious
  from payments p join payment_attempts a on a.payment_id = p.id
  where p.case_id = any(%(case_ids)s) and a.suspicious is not null and a.status = 'captured' and a.amount > (
    select coalesce(sum(r.amount), 0) from payment_refunds r
    where r.provider_id = a.provider_id and r.attempt_id = a.attempt_id and r.status = 'processed')
), found (client_id, kind, subject, amount, details, case_id, payment_id) as (
  select client_id, 'unallocated_credit', 'case ' || case_id, amount,
    'More came in for CASE-' || case_id || ' than it asks for. Refund it, or add what it should pay.', case_id, null::bigint
  from credit where amount > 0
  union all
  select client_id, 'closed_case', 'case ' || case_id, amount,
    'Money came in for CASE-' || case_id || ', which is ' || status || '. Refund it, or open the case again.', case_id, null
  from kept where amount > 0
  union all
  select client_id, 'suspicious', 'attempt ' || attempt_id, amount,
    amount || ' ' || currency || ' is not counted (' || suspicious || '). Check it and refund it.', case_id, payment_id
  from odd
), gone as (
  update reconciliation_exceptions x set status = 'resolved', resolved_at = %(now)s, reason = 'It agrees by now.'
  where x.status = 'open' and x.case_id = any(%(case_ids)s) and x.kind in ('unallocated_credit', 'closed_case', 'suspicious')
    and not exists (select from found f where f.client_id = x.client_id and f.kind = x.kind and f.subject = x.subject)
)
insert into reconciliation_exceptions as x (client_id, kind, subject, amount, details, case_id, payment_id)
select client_id, kind, subject, amount, details, case_id, payment_id from found
on conflict (client_id, kind, subject) do update set amount = excluded.amount, details = excluded.details, status = 'open',
  reason = null, resolved_by = null, resolved_at = null
where x.amount <> excluded.amount or x.status = 'resolved' and x.resolved_by is null
