-- ---------------------------------------------------------------- uploads

-- A staged row starts as a new customer with a new policy and a new case, numbers and all; the merge writes only to rows
-- of which we know something already. Numbers that are not used leave gaps.
alter table upload_staging
  alter customer_id set default nextval('customers_id_seq'), alter customer_is_new set default true,
  alter policy_id set default nextval('policies_id_seq'), alter policy_is_new set default true,
  alter case_id set default nextval('renewal_cases_id_seq'), alter case_is_new set default true,
  alter outcome set default 'new';
