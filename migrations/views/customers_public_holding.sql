-- Which policies a customer has, and since when.
create view customers_public_holding as
select id as policy_id, client_id, customer_id, policy_type, status, inception_date, start_date, payment_frequency
from policies;
