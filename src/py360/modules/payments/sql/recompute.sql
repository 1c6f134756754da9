-- Computes payments from the facts about them.
--   received: what the counted attempts brought, without the fee that a customer paid on top of the order's amount.
--   captured: of that, at most the order's amount. excess: what is beyond it, has not gone back, and was not
--     taken back by the customer's bank.
--   refunded: what went back, of the excess first: a refund of the excess leaves the payment paid.
--   error: dispute_lost, disputed, suspicious (money that is not counted and has not gone back), paid_twice (there is an
--   excess), else what the gateway reported of the failed attempt.
with facts as (
  select p.id, p.amount, a.id as attempt_row, a.attempt_id, a.status, a.method, a.error, a.happened_at, a.suspicious,
    a.suspicious is null and a.status in ('captured', 'refunded') as paid,
    a.amount - least(greatest(a.amount - p.amount, 0), a.fee) as net, a.amount as gross
  from payments p left join payment_attempts a on a.payment_id = p.id where p.id = any(%(ids)s)
), sums as (
  select id, least(amount, coalesce(sum(net) filter (where paid), 0)) as captured,
    greatest(coalesce(sum(net) filter (where paid), 0) - amount, 0) as over,
    max(happened_at) filter (where paid) as captured_at,
    coalesce(bool_or(status = 'authorized' and suspicious is null), false) as authorized,
    coalesce(sum(gross) filter (where suspicious is not null and status = 'captured'), 0) as uncounted,
    coalesce(bool_or(status = 'failed'), false) as failed,
    (array_agg(attempt_row order by paid desc, array_position(%(ranks)s::text[], status::text) desc, happened_at desc, attempt_id)
      filter (where attempt_row is not null))[1] as best_id
  from facts group by id, amount
), back as (
  select r.payment_id, coalesce(sum(r.amount) filter (where a.suspicious is null), 0) as counted,
    coalesce(sum(r.amount) filter (where a.suspicious is not null), 0) as uncounted
  from payment_refunds r left join payment_attempts a on a.provider_id = r.provider_id and a.attempt_id = r.attempt_id
  where r.payment_id = any(%(ids)s) and r.status = 'processed' group by r.payment_id
), disputes as (
  select payment_id, coalesce(sum(amount) filter (where status = 'lost'), 0) as lost,
    coalesce(sum(amount) filter (where status in ('open', 'under_review')), 0) as open
  from payment_disputes where payment_id = any(%(ids)s) group by payment_id
), figures as (
  select s.*, greatest(s.over - coalesce(b.counted, 0) - coalesce(d.lost, 0), 0) as excess,
    least(s.captured, greatest(coalesce(b.counted, 0) - s.over, 0)) as refunded,
    s.uncounted > coalesce(b.uncounted, 0) as is_suspicious,
    coalesce(d.lost, 0) as lost, coalesce(d.open, 0) as disputed, best.attempt_id, best.method, best.error
  from sums s left join back b on b.payment_id = s.id left join disputes d on d.payment_id = s.id
  left join payment_attempts best on best.id = s.best_id
)
update payments p set
  captured_amount = f.captured, refunded_amount = f.refunded, excess_amount = f.excess, charged_back_amount = f.lost,
  disputed_amount = f.disputed, captured_at = f.captured_at,
  gateway_payment_id = coalesce(f.attempt_id, p.gateway_payment_id), method = coalesce(f.method, p.method),
  status = case
    when f.captured > 0 and f.refunded >= f.captured then 'refunded'
    when f.refunded > 0 then 'partially_refunded'
    when f.captured >= p.amount then 'captured'
    when f.captured > 0 then 'partially_captured'
    when f.authorized then 'authorized'
    when f.failed or p.expires_at <= %(now)s then 'failed'
    else 'created' end,
  error = case
    when f.lost > 0 then 'dispute_lost'
    when f.disputed > 0 then 'disputed'
    when f.is_suspicious then 'suspicious'
    when f.excess > 0 then 'paid_twice'
    when f.captured = 0 and f.failed then coalesce(f.error, 'failed') end,
  next_poll_at = case when f.captured < p.amount or exists (
    select 1 from payment_refunds r where r.payment_id = p.id and r.status = 'pending') then p.next_poll_at end
from figures f where f.id = p.id
returning p.id, p.client_id, p.case_id, p.link_id, p.amount, p.captured_amount, p.refunded_amount, p.excess_amount,
  p.charged_back_amount, p.disputed_amount, p.status, p.method, p.error, p.captured_at, p.gateway_payment_id
