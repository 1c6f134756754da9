-- A known policy of the row: is the row's term over, older than ours, or does it say something new?
update {staging} s set
  policy_id = p.id, policy_is_new = false,
  outcome = case
    when closed.policy_id is not null or s.end_date < p.end_date then 'unchanged'
    when (p.customer_id, p.premium_amount, p.start_date, p.end_date, p.renewal_date, p.policy_type)
      is distinct from
      (s.customer_id, s.premium_amount, s.start_date, s.end_date, s.renewal_date, s.policy_type::varchar)
      or coalesce(s.product_name, p.product_name) is distinct from p.product_name
      or coalesce(s.sum_insured, p.sum_insured) is distinct from p.sum_insured
      or coalesce(s.payment_frequency, p.payment_frequency) <> p.payment_frequency then 'changed'
    else 'unchanged' end,
  outcome_code = case
    when closed.policy_id is not null then 'term_closed'
    when s.end_date < p.end_date then 'older_term' end,
  previous = jsonb_build_object(
    'customer_id', p.customer_id, 'premium_amount', p.premium_amount, 'start_date', p.start_date,
    'end_date', p.end_date, 'renewal_date', p.renewal_date, 'policy_type', p.policy_type,
    'product_name', p.product_name, 'sum_insured', p.sum_insured, 'payment_frequency', p.payment_frequency)
from {staging} row
cross join lateral (
  select * from policies where client_id = row.client_id and policy_number = row.policy_number offset 0) p
left join cases_public_term closed
  on closed.policy_id = p.id and closed.due_date = row.renewal_date and not closed.is_open
where row.row_no = s.row_no and s.outcome <> 'failed'
