-- Who a customer is, as far as predictions look: no name, no contact.
create view customers_public_person as
select u.id, u.client_id, u.date_of_birth, u.address ->> 'city' as city, u.address ->> 'state' as state
from customers u;
