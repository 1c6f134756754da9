-- Which term of a policy has a case, whether it is open, and whether it is paid: a paid term gets no reminders, although
-- its case may still be worked on. Read by imports and campaigns.
create view cases_public_term as
select policy_id, due_date, id as case_id, closed_at is null as is_open,
       status in ('payment_processed', 'renewed') as is_paid
from renewal_cases;
