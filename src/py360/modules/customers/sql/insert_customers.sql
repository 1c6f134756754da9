-- Insert the customers that were made since number `made`. A generated code that another person has gets -N.
insert into customers (
  id, client_id, customer_code, first_name, last_name, email, phone, date_of_birth, gender, pan, address,
  customer_profile, preferred_language)
select
  customer_id, client_id,
  coalesce(customer_code, 'CUST-' || customer_id || case when exists (
    select from customers taken where taken.client_id = s.client_id and taken.customer_code = 'CUST-' || s.customer_id) then '-N' else '' end),
  first_name, last_name, email, phone, date_of_birth, gender, pan, address,
  coalesce(customer_profile, 'normal'), coalesce(preferred_language, 'en')
from {staging} s
where customer_is_new and customer_id > {made}
