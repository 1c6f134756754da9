-- The first lines of history of the cases that were opened.
insert into case_history (case_id, action, details, old_status, new_status, created_at)
select case_id, step.action, step.details, step.old_status, step.new_status, %(now)s
from {staging} cross join (values
  ('Case Created', %(created)s::text, null, 'uploaded'),
  ('Validation', 'All required fields are present and valid', 'uploaded', 'validated')
) as step (action, details, old_status, new_status)
where case_is_new
