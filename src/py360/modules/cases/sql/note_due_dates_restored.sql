-- One line of history for each case that gets back the due date it had before the import. Before restore_cases.sql, while
-- the case still has the date of the import.
insert into case_history (case_id, action, details, created_at)
select c.id, 'Due Date Changed', 'Back from ' || to_char(c.due_date, 'DD/MM/YYYY') || ' to '
  || to_char((t.previous ->> 'due_date')::date, 'DD/MM/YYYY') || ', as the upload that changed it was undone', %(now)s
from {table} t join renewal_cases c on c.id = t.case_id
where not t.case_is_new and t.kept is null and (t.previous ->> 'due_date')::date <> c.due_date
