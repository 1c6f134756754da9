-- A customer code is the same in every spelling (case, spaces, kinds of dashes): a staged row takes the one that we have.
-- Spellings without lower case, spaces and odd dashes are found by their unique key.
update {staging} s set customer_code = known.customer_code
from customers known
where s.customer_code <> identifier_key(s.customer_code)
  and known.client_id = s.client_id and known.customer_code = identifier_key(s.customer_code)
  and not exists (select from customers same where same.client_id = s.client_id and same.customer_code = s.customer_code);

-- The others by an index of their own, which is small.
update {staging} s set customer_code = known.customer_code
from customers known
where known.customer_code <> identifier_key(known.customer_code) and known.client_id = s.client_id
  and identifier_key(known.customer_code) = identifier_key(s.customer_code) and known.customer_code <> s.customer_code
  and not exists (select from customers same where same.client_id = s.client_id and same.customer_code = s.customer_code)
