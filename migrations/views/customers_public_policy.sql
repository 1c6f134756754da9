-- A policy as other modules name one.
create view customers_public_policy as
select id, client_id, policy_number, customer_id, policy_type, premium_amount, status, branch_id, start_date, end_date,
       payment_frequency, inception_date, product_name
from policies;
