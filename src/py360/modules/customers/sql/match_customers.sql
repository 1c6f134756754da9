-- Find the customer of the rows that are chosen: by code, by PAN, by the policy where the name or a contact agrees, by phone
-- and name, by e-mail and name, the last three only where code and PAN do not contradict. One look into a key's index per
-- row: `+ 0` keeps the planner from walking the ids instead.
update {staging} s set customer_id = found.id, customer_is_new = false
from (
  select s.row_no, coalesce(
    (select min(c.id + 0) from customers c where c.client_id = s.client_id and c.customer_code = s.customer_code),
    (select min(c.id + 0) from customers c where c.client_id = s.client_id and c.pan = s.pan),
    (select min(c.id + 0) from customers c
     where c.id = (select p.customer_id from policies p
                   where p.client_id = s.client_id and p.policy_number = s.policy_number)
       and ({same_name} or c.phone = s.phone or c.email = s.email) and {no_contradiction}),
    (select min(c.id + 0) from customers c
     where c.client_id = s.client_id and c.phone = s.phone and {same_name} and {no_contradiction}),
    (select min(c.id + 0) from customers c
     where c.client_id = s.client_id and c.email = s.email and {same_name} and {no_contradiction})) as id
  from {staging} s where {these}
) found
where found.row_no = s.row_no and found.id is not null
