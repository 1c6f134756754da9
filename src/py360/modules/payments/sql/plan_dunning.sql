-- The step of the ladder that each case of a client has reached today, for its oldest instalment that is not paid:
--   before   some days before it is due (0 days: never)
--   due      on its day
--   overdue  when a third of the policy's grace is over
--   final    three days before the grace ends, or half of a shorter one
--   ended    the day after the grace: no message, its agent is notified
-- Nobody is asked to pay what a debit under a mandate is about to take.
-- Only the step reached is taken: after a pause of a week nobody gets the messages of each day. A step is taken once.
with oldest as (
  select distinct on (o.case_id) o.id, o.case_id, c.client_id, o.due_date, coalesce(c.grace_period_days, 30) as grace
  from outstanding_amounts o join cases_public_case c on c.id = o.case_id
  where o.status <> 'paid' and o.paid_amount < o.amount and c.is_open and c.client_id = %(client_id)s
    and o.due_date <= %(today)s::date + %(days_before)s
    and not exists (select 1 from mandate_debits d where d.case_id = o.case_id
      and d.status in ('planned', 'notifying', 'notified', 'presented'))
  order by o.case_id, o.due_date, o.id
), steps as (
  select id, case_id, client_id, due_date,
    case when %(today)s > due_date + grace then 'ended'
      when %(today)s >= due_date + grace - least(3, grace / 2) and %(today)s > due_date then 'final'
      when %(today)s >= due_date + greatest(1, grace / 3) then 'overdue'
      when %(today)s >= due_date then 'due'
      else 'before' end as step
  from oldest
)
insert into payment_reminders (client_id, case_id, outstanding_id, due_date, step, status)
select client_id, case_id, id, due_date, step, case step when 'ended' then 'noted' else 'pending' end from steps
on conflict (case_id, due_date, step) where step <> 'manual' do nothing
returning id, case_id, step
