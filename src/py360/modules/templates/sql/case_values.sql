-- What a message can say about cases, for a whole batch. The amount is what is left to pay, as the payment page asks for it;
-- once all is paid, what it was. A case that is renewed is about the term that fell due, though its policy is in the next.
select c.id as case_id, p.full_name as customer_name, p.first_name, cl.client_name as company_name,
  cl.contact_phone as support_phone, c.policy_number, c.policy_type, c.product_name, c.sum_insured as coverage,
  (c.start_date - age(c.due_date + 1 + later.days, c.due_date + 1))::date as start_date, c.end_date - later.days as expiry_date, c.due_date,
  case when m.paid < amount.due then amount.due - m.paid else amount.due end as renewal_amount,
  c.premium_amount as current_premium, c.grace_period_days as grace_days, c.agent_name, b.name as branch
from cases_public_case c
join customers_public_contact p on p.id = c.customer_id
join identity_public_client cl on cl.id = c.client_id
left join organization_public_branch b on b.id = c.branch_id
cross join lateral (
  select sum(due) as due, coalesce(sum(paid), 0) as paid from payments_public_money where case_id = c.id
) m
cross join lateral (select coalesce(m.due, c.renewal_amount, c.premium_amount) as due) amount
cross join lateral (
  select case when c.status = 'renewed' then greatest(coalesce(c.renewal_date, c.end_date) - c.due_date, 0) else 0 end as days
) later
where c.id = any(%(cases)s)
