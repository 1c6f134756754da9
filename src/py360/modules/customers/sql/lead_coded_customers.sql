-- The first waiting row of each customer code and PAN makes the customer.
update {staging} s set customer_id = nextval('customers_id_seq'), customer_is_new = true
where s.customer_id is null and s.outcome <> 'failed' and (s.customer_code is not null or s.pan is not null)
  and (s.customer_code is null or s.row_no in (
    select min(row_no) from {staging} s where s.customer_id is null and s.outcome <> 'failed' group by customer_code))
  and (s.pan is null or s.row_no in (select min(row_no) from {staging} s where s.customer_id is null and s.outcome <> 'failed' group by pan))
