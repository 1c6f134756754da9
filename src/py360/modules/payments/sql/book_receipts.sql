-- A receipt for each matched credit of a bank file, on the day the bank has it.
with new as (
  select l.id as line_id, nextval(pg_get_serial_sequence('payments', 'id')) as payment_id, l.amount, l.utr, l.case_id,
    l.happened_on, k.client_id, k.policy_id, k.customer_id
  from statement_lines l join cases_public_case k on k.id = l.case_id
  where l.file_id = %(file_id)s and l.kind = 'credit' and l.outcome = 'matched' and l.payment_id is null
), made as (
  insert into payments (id, client_id, case_id, policy_id, customer_id, gateway, amount, method, status, captured_amount, reference,
    created_by, captured_at)
  select payment_id, client_id, case_id, policy_id, customer_id, 'manual', amount, 'bank_transfer', 'captured', amount, utr,
    %(user_id)s, happened_on::timestamp at time zone 'Asia/Kolkata'
  from new
  returning id, client_id, case_id, link_id, amount, captured_amount, refunded_amount, excess_amount, charged_back_amount,
    disputed_amount, status, method, error, captured_at, gateway_payment_id
), marked as (
  update statement_lines l set payment_id = new.payment_id from new where l.id = new.line_id
)
select * from made order by id
