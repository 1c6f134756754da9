-- Money that came in from a customer and was kept, with India's year and how many days before the due date it came.
with paid as (
  select r.id, r.captured_at, r.captured_amount - r.refunded_amount as amount, coalesce(r.method, 'unknown') as mode,
         extract(year from r.captured_at at time zone 'Asia/Kolkata')::integer as year, r.captured_at > %(recent_since)s as recent,
         coalesce(due.on_day, k.due_date) - (r.captured_at at time zone 'Asia/Kolkata')::date as days_early, k.policy_number
  from cases_public_case k join payments_public_receipt r on r.case_id = k.id
  left join lateral (
    select min(i.due_date) as on_day from jsonb_array_elements(r.allocations) s
    join payments_public_instalment i on i.id = (s ->> 'instalmentId')::bigint
  ) due on true
  where k.customer_id = %(id)s and k.policy_id = any(%(policies)s) and r.captured_at >= %(since)s
    and r.captured_amount > r.refunded_amount
)
