-- The cases that an import changed, as they were before it. The status is not changed here: service/lifecycle.py does that.
update renewal_cases c set
  renewal_amount = (t.previous ->> 'renewal_amount')::numeric, assigned_to = (t.previous ->> 'assigned_to')::bigint,
  due_date = coalesce((t.previous ->> 'due_date')::date, c.due_date),
  customer_id = coalesce((t.previous ->> 'customer_id')::bigint, c.customer_id),
  version = c.version + 1
from {table} t where c.id = t.case_id and not t.case_is_new and t.kept is null and t.previous ? 'status'
