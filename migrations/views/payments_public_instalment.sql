-- The instalments of a case, and what was paid on each.
create view payments_public_instalment as
select id, case_id, period, amount, paid_amount, due_date, status, description from outstanding_amounts;
