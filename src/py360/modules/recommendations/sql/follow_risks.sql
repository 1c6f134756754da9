-- The same of risks: the one that was assessed for the customer counts, without it the last one of those merged into them.
with concerned as (
  select r.id, r.assessed_at, coalesce(r.made_for, r.customer_id) as made_for
  from customer_risks r
  where r.customer_id = any(%(customers)s)
), placed as (
  select c.id, c.made_for, coalesce(m.merged_into, c.made_for) as customer_id, row_number() over (
      partition by coalesce(m.merged_into, c.made_for)
      order by m.merged_into is null desc, c.assessed_at desc, c.id
    ) > 1 as is_duplicate
  from concerned c left join customers_public_merge m on m.id = c.made_for
)
update customer_risks r
set customer_id = p.customer_id, made_for = nullif(p.made_for, p.customer_id), is_duplicate = p.is_duplicate
from placed p where p.id = r.id
