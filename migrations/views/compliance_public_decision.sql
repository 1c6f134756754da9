-- What a customer decided last about the messages of a channel and purpose.
create view compliance_public_decision as
select c.client_id, c.customer_id, c.channel, c.purpose, c.state
from consents c
where not exists (
  select from consents later
  where later.customer_id = c.customer_id and later.channel = c.channel and later.purpose = c.purpose and later.id > c.id);
