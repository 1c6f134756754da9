-- How far a case is, without joins: for counts over many cases.
create view cases_public_progress as
select id, client_id, node_id, assigned_to, batch_id, status, payment_status, renewal_amount
from renewal_cases;
