-- Addresses that must not be written to; those with an end only until then.
create view compliance_public_suppression as
select client_id, channel, contact, reason, expires_at
from suppressions;
