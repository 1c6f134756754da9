-- How much of each kind happened to a customer, for the insight (domain reference, 9.2).
with cases as materialized (
  select k.id from cases_public_case k where k.customer_id = any(%(customers)s) and k.policy_id = any(%(policies)s)
)
select (select count(*)::integer from claims_public_claim k
        where k.customer_id = any(%(customers)s) and k.policy_id = any(%(policies)s)) as claims,
       (select count(*)::integer from cases join cases_public_history h on h.case_id = cases.id
        where h.new_status = 'renewed') as renewals,
       (select count(*)::integer from cases join messaging_public_message m on m.case_id = cases.id) as messages,
       (select count(*)::integer from cases join payments_public_receipt r on r.case_id = cases.id) as payments
