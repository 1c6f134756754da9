-- Mandates in force whose policy has an open case with something due until a day, and no debit of that due date yet: one that
-- was cancelled or failed for good is not planned again by itself, a person does that.
select m.id as mandate_id, c.id as case_id
from payment_mandates m
join lateral (
  select c.id, coalesce(o.due_date, c.due_date) as due_date
  from cases_public_case c
  left join lateral (
    select min(due_date) as due_date from outstanding_amounts o
    where o.case_id = c.id and o.status <> 'paid' and o.paid_amount < o.amount) o on true
  where c.policy_id = m.policy_id and c.is_open
  order by coalesce(o.due_date, c.due_date), c.id limit 1
) c on c.due_date <= %(until)s
where m.client_id = %(client_id)s and m.status = 'active' and m.paused_at is null and m.token is not null and m.id > %(after)s
  and c.due_date <= m.valid_until
  and not exists (select 1 from mandate_debits d where d.mandate_id = m.id
    and (d.case_id = c.id and d.due_date = c.due_date or d.status in ('planned', 'notifying', 'notified', 'presented')))
order by m.id
limit %(limit)s
