-- The issues of staged rows that the merge refused; %(customer)s and %(policy)s are the office's headings of the two numbers.
insert into upload_row_issues (upload_id, row_no, severity, column_name, value, code)
select
  %(upload)s, row_no, 'error',
  case when outcome_code like 'customer%%' then %(customer)s else %(policy)s end,
  case when outcome_code like 'customer%%' then customer_code else policy_number end,
  outcome_code
from staging
where outcome = 'failed'
