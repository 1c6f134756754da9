-- Payments with money in them: what came in, what went back, how and when, and which instalments it paid.
create view payments_public_receipt as
select id, case_id, captured_amount, refunded_amount, method, captured_at, allocations
from payments where captured_amount > 0 and captured_at is not null;
