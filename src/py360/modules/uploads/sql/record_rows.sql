-- The ledger of a merged chunk: what became of each staged row, and what a changed policy was before.
insert into upload_rows (
  upload_id, row_no, outcome, code, customer_id, customer_is_new, policy_id, policy_is_new, case_id, case_is_new, previous)
select
  %(upload)s, row_no, outcome, outcome_code, customer_id, customer_is_new, policy_id, policy_is_new, case_id, case_is_new,
  case when outcome = 'changed' then previous end
from staging
