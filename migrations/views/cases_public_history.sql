-- What happened to cases, line by line, with the policy and the customer it is about.
create view cases_public_history as
select h.id, h.case_id, c.client_id, c.policy_id, c.customer_id, h.action, h.details, h.level, h.old_status, h.new_status,
       h.created_at, u.name as user_name
from renewal_cases c
join case_history h on h.case_id = c.id
left join identity_public_users u on u.id = h.user_id;
