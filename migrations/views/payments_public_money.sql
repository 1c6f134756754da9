-- What a case's instalments ask for (none: its own amount is due), and what was received and not given back.
create view payments_public_money as
select case_id, amount as due, null::numeric as paid from outstanding_amounts
union all
select case_id, null, captured_amount - refunded_amount from payments where captured_amount > 0;
