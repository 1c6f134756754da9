-- What the file knows and we did not, and a contact that changed. The last row of a customer in the chunk counts. A code or
-- a PAN is adopted by one customer only, and only while nobody has it.
with latest as (
  select distinct on (customer_id) * from {staging}
  where not customer_is_new and outcome <> 'failed'
  order by customer_id, row_no desc
), filed as (
  select l.*,
    row_number() over (partition by l.pan order by l.row_no) = 1
      and not exists (select from customers o where o.client_id = l.client_id and o.pan = l.pan) as pan_is_free,
    row_number() over (partition by l.customer_code order by l.row_no) = 1
      and not exists (select from customers o where o.client_id = l.client_id and o.customer_code = l.customer_code) as code_is_free
  from latest l
)
update customers c set
  customer_code = case when c.customer_code = 'CUST-' || c.id and filed.code_is_free
                       then coalesce(filed.customer_code, c.customer_code) else c.customer_code end,
  email = coalesce(filed.email, c.email),
  phone = coalesce(filed.phone, c.phone),
  corrected = nullif(c.corrected - array_remove(array[
    case when filed.email <> c.email then 'email' end, case when filed.phone <> c.phone then 'phone' end], null), '{{}}'),
  pan = coalesce(c.pan, case when filed.pan_is_free then filed.pan end),
  date_of_birth = coalesce(c.date_of_birth, filed.date_of_birth),
  gender = coalesce(c.gender, filed.gender),
  address = coalesce(c.address, filed.address)
from filed
where filed.customer_id = c.id and (
  filed.email is distinct from c.email and filed.email is not null
  or filed.phone is distinct from c.phone and filed.phone is not null
  or (c.pan is null and filed.pan is not null) or (c.date_of_birth is null and filed.date_of_birth is not null)
  or (c.gender is null and filed.gender is not null) or (c.address is null and filed.address is not null)
  or (filed.customer_code is not null and c.customer_code = 'CUST-' || c.id))
