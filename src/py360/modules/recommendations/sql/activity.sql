-- What happened with a customer, counted.
select
  (select count(*) from claims_public_claim c where c.customer_id = %(id)s) as claims,
  (select count(*) from cases_public_case c where c.customer_id = %(id)s and c.status = 'renewed') as renewals,
  (select count(*) from messaging_public_message m where m.customer_id = %(id)s and m.sent_at is not null) as messages,
  (select count(*) from payments_public_money m join cases_public_case c on c.id = m.case_id
   where c.customer_id = %(id)s and m.paid > 0) as payments
