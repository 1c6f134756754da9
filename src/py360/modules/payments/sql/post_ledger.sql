-- Posts what is not in the ledger yet of the money of these cases.
--   targets: what the ledger has to hold, computed from the facts: it does not depend on the order in which they came.
--   posted: what it holds. Each difference is a further entry; when nothing differs nothing is written.
-- A debit is positive, a credit negative. One entry per kind and source:
--   charge      what a case asks for, once it has instalments or money: the customer owes it, the insurer gets it
--   receipt     an attempt that brought money, or a receipt by hand: it is the customer's until it is allocated; a fee that
--               the customer paid on top of the order is a fee of ours that is covered
--   allocation  the share of a payment that pays instalments
--   refund      what the gateway gave back
--   dispute     what a bank asks for (disputes) or took back (chargebacks)
with asked as (
  select c.id as case_id, c.client_id, i.due is not null as is_planned,
    c.status in ('lapsed', 'cancelled') as is_over, coalesce(i.due, c.renewal_amount, c.premium_amount) as due, c.created_at
  from cases_public_case c
  left join lateral (select sum(amount) as due from outstanding_amounts o where o.case_id = c.id) i on true
  where c.id = any(%(case_ids)s)
), paid as (
  select p.id, p.client_id, p.case_id, p.gateway, p.amount, p.captured_amount, p.refunded_amount, p.method, p.captured_at,
    (select coalesce(sum((share->>'amount')::numeric), 0) from jsonb_array_elements(p.allocations) share) as allocated
  from payments p where p.case_id = any(%(case_ids)s)
), attempts as (
  select p.client_id, p.case_id, p.id as payment_id, a.attempt_id, a.provider_id, a.amount, a.happened_at,
    least(greatest(a.amount - p.amount, 0), a.fee) as on_top
  from paid p join payment_attempts a on a.payment_id = p.id
  where a.suspicious is null and a.status in ('captured', 'refunded')
), moves (kind, source, client_id, case_id, payment_id, happened_at, debit, credit, amount) as (
  select 'charge', 'case ' || a.case_id, a.client_id, a.case_id, null::bigint, a.created_at, 'receivable', 'premium',
    case when a.is_over then least(a.due, p.allocated) else a.due end
  from asked a
  join lateral (select coalesce(sum(allocated), 0) as allocated, count(*) filter (where captured_amount > 0) as receipts
    from paid where paid.case_id = a.case_id) p on a.is_planned or p.receipts > 0
  union all
  select 'receipt', 'attempt ' || provider_id || ' ' || attempt_id, client_id, case_id, payment_id, happened_at,
    'gateway_clearing', 'unallocated_credit', amount - on_top
  from attempts
  union all
  select 'receipt', 'attempt ' || provider_id || ' ' || attempt_id, client_id, case_id, payment_id, happened_at,
    'gateway_clearing', 'fees', on_top
  from attempts
  union all
  select 'receipt', 'payment ' || id, client_id, case_id, id, captured_at,
    case when method in ('cash', 'branch_cash', 'agent_collection') then 'cash' else 'bank' end, 'unallocated_credit', captured_amount
  from paid where gateway = 'manual'
  union all
  select 'allocation', 'payment ' || id, client_id, case_id, id, captured_at, 'unallocated_credit', 'receivable', allocated
  from paid
  union all
  select 'refund', 'refund ' || r.provider_id || ' ' || r.refund_id, p.client_id, p.case_id, p.id, r.processed_at,
    'unallocated_credit', 'refunds', r.amount
  from paid p join payment_refunds r on r.payment_id = p.id
  left join payment_attempts a on a.provider_id = r.provider_id and a.attempt_id = r.attempt_id
  where r.status = 'processed' and r.refund_id is not null and a.suspicious is null
  union all
  select 'refund', 'payment ' || id, client_id, case_id, id,
    coalesce((select max(r.processed_at) from payment_refunds r where r.payment_id = paid.id), captured_at), 'unallocated_credit',
    case when method in ('cash', 'branch_cash', 'agent_collection') then 'cash' else 'bank' end, refunded_amount
  from paid where gateway = 'manual'
  union all
  select 'dispute', 'dispute ' || d.provider_id || ' ' || d.dispute_id, p.client_id, p.case_id, p.id, d.opened_at,
    case when d.status = 'lost' then 'chargebacks' else 'disputes' end, 'gateway_clearing', d.amount
  from paid p join payment_disputes d on d.payment_id = p.id
  where d.status in ('open', 'under_review', 'lost')
), targets as (
  select kind, source, account, sum(amount) as amount
  from (
    select kind, source, debit as account, amount from moves
    union all
    select kind, source, credit, -amount from moves
  ) lines
  group by kind, source, account
), posted as (
  select e.kind, e.source, l.account, sum(l.amount) as amount
  from ledger_entries e join ledger_lines l on l.entry_id = e.id
  where e.case_id = any(%(case_ids)s) and e.kind in ('charge', 'receipt', 'allocation', 'refund', 'dispute')
  group by e.kind, e.source, l.account
), differences as (
  select coalesce(t.kind, p.kind) as kind, coalesce(t.source, p.source) as source, coalesce(t.account, p.account) as account,
    coalesce(t.amount, 0) - coalesce(p.amount, 0) as amount
  from targets t full join posted p on p.kind = t.kind and p.source = t.source and p.account = t.account
  where coalesce(t.amount, 0) <> coalesce(p.amount, 0)
), belongings as (
  select distinct on (kind, source) kind, source, client_id, case_id, payment_id, happened_at
  from (
    select kind, source, client_id, case_id, payment_id, coalesce(happened_at, %(now)s) as happened_at from moves
    union all
    select kind, source, client_id, case_id, payment_id, %(now)s from ledger_entries
    where case_id = any(%(case_ids)s) and kind in ('charge', 'receipt', 'allocation', 'refund', 'dispute')
  ) known
  order by kind, source, happened_at
), entries as (
  insert into ledger_entries (client_id, kind, source, case_id, payment_id, happened_at)
  select client_id, kind, source, case_id, payment_id, happened_at from belongings
  where exists (select from differences d where d.kind = belongings.kind and d.source = belongings.source)
  returning id, client_id, kind, source
)
insert into ledger_lines (entry_id, client_id, account, amount)
select e.id, e.client_id, d.account, d.amount
from differences d join entries e on e.kind = d.kind and e.source = d.source
