-- Keep how risky a customer's life is; answers what was kept before, nothing the first time.
with kept as (
  insert into customer_risks (customer_id, client_id, category, score, factors, assessed_by, assessed_at)
  values (%(customer)s, %(client)s, %(category)s, %(score)s, %(factors)s, %(user)s, %(now)s)
  on conflict (customer_id) where not is_duplicate do update set
    category = excluded.category, score = excluded.score, factors = excluded.factors, assessed_by = excluded.assessed_by,
    assessed_at = excluded.assessed_at
)
select category, score, assessed_at from customer_risks where customer_id = %(customer)s
order by is_duplicate, assessed_at desc limit 1
