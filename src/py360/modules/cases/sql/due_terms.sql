-- The terms without a case that fall due within their product's lead days. An open case whose due date a file moved a little is
-- the same term's. A direction may say that a term is not renewed.
select p.id, p.client_id, p.customer_id, p.agent_id, p.branch_id, p.premium_amount, t.due_date
from policies p
cross join lateral (select coalesce(p.renewal_date, p.end_date) as due_date) t
left join renewal_rules r on r.client_id = p.client_id
where {which} and p.status = 'active'
  and t.due_date <= %(today)s::date + coalesce((r.lead_days ->> lower(p.product_name))::int,
    (r.lead_days ->> lower(p.policy_type))::int, r.default_lead_days, %(lead_days)s)
  and not exists (
    select from renewal_cases c where c.policy_id = p.id and (c.due_date = t.due_date
      or c.closed_at is null and c.due_date > p.start_date and abs(c.due_date - t.due_date) < %(same_term_days)s))
  and not exists (
    select from renewal_directions d
    where d.policy_id = p.id and d.due_date = t.due_date and d.ended_at is null and d.direction <> 'refer')
