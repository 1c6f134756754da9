-- Recommendations of customers who were merged, or parted again, belong to whom these are now: the customer that they were made for, or
-- the one whom that one was merged into. Run again, late, or in another order, it comes to the same.
-- Of two open ones of a rule, the one that was answered is the customer's, or the earlier one; the other is a duplicate.
with concerned as (
  select r.id, r.rule, r.status in ('held_out', 'shown', 'accepted') as is_open, r.status, coalesce(r.made_for, r.customer_id) as made_for
  from recommendations r
  where r.customer_id = any(%(customers)s)
), placed as (
  select c.id, c.made_for, coalesce(m.merged_into, c.made_for) as customer_id, c.is_open and row_number() over (
      partition by coalesce(m.merged_into, c.made_for), c.rule, c.is_open
      order by array_position(array['accepted', 'shown', 'held_out'], c.status), c.id
    ) > 1 as is_duplicate
  from concerned c left join customers_public_merge m on m.id = c.made_for
)
update recommendations r
set customer_id = p.customer_id, made_for = nullif(p.made_for, p.customer_id), is_duplicate = p.is_duplicate
from placed p where p.id = r.id
