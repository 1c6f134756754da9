-- How a customer wants to be reached.
create view customers_public_contact as
select id, client_id, customer_code, full_name, first_name, email, phone, preferred_language, communication_preferences
from customers;
