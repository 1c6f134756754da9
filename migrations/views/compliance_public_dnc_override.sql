-- When an approved override lifts an entry of the do-not-contact registry.
create view compliance_public_dnc_override as
select dnc_id, start_date, end_date
from dnc_override_logs
where status = 'approved';
