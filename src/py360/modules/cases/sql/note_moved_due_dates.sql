-- One line of history for each case whose due date a later file moved.
insert into case_history (case_id, action, details, created_at)
select case_id, 'Due Date Changed', 'From ' || to_char((previous ->> 'due_date')::date, 'DD/MM/YYYY') || ' to '
  || to_char(renewal_date, 'DD/MM/YYYY') || ', as the later file says', %(now)s
from {staging} where not case_is_new and case_id is not null and (previous ->> 'due_date')::date <> renewal_date
