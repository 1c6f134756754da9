-- ---------------------------------------------------------------- uploads

-- A staged row starts as a new customer with a new policy and a new case, numbers and all; the merge writes only to rows
-- of which we know something already. Numbers that are not used leave gaps.
alter table upload_staging
  alter customer_id set default nextval('customers_id_seq'), alter customer_is_new set default true,
  alter policy_id set default nextval('policies_id_seq'), alter policy_is_new set default true,
  alter case_id set default nextval('renewal_cases_id_seq'), alter case_is_new set default true,
  alter outcome set default 'new';

-- ---------------------------------------------------------------- renewal cases

-- The key on (policy_id, due_date) serves every look-up by policy; a second index on policy_id made each import dearer.
drop index idx_renewal_cases_policy;
alter index renewal_cases_policy_id_due_date_key rename to idx_renewal_cases_policy;
