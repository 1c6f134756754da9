-- New customers of whom the chunk may have several rows are no longer new: the first row of each makes the customer, and
-- the others find it by the next match.
update {staging} s set customer_id = null, customer_is_new = false
where customer_is_new and (
  customer_code in (select customer_code from {staging} where customer_is_new group by customer_code having count(*) > 1)
  or pan in (select pan from {staging} where customer_is_new group by pan having count(*) > 1)
  or phone in (select phone from {staging} where customer_is_new group by phone having count(*) > 1)
  or email in (select email from {staging} where customer_is_new group by email having count(*) > 1))
