-- Of waiting rows without code and PAN, the first of each contact and name makes the customer.
update {staging} s set customer_id = nextval('customers_id_seq'), customer_is_new = true
where s.customer_id is null and s.outcome <> 'failed' and s.customer_code is null and s.pan is null and s.row_no in (
  select min(row_no) from {staging} s where s.customer_id is null and s.outcome <> 'failed'
  group by coalesce(phone, email), lower(trim(first_name || ' ' || last_name)))
