-- Lock what stood here before the chunk until the commit: references to it stay good. The rows made here are ours.
select count(*) from (
  select from customers c where c.id in (select customer_id from {staging} where not customer_is_new) for key share) held;
select count(*) from (
  select from policies p where p.id in (select policy_id from {staging} where not policy_is_new) for key share) held
