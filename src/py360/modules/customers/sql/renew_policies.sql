-- Roll policies on to their next term, only where they still are in the term that this due date belongs to: a payment for
-- an older one moves nothing.
update policies p set
  start_date = next.start_date, end_date = next.end_date,
  renewal_date = coalesce(p.renewal_date, p.end_date) + (next.end_date - p.end_date),
  status = 'active', corrected = null, version = p.version + 1
from (
  select id, end_date + 1 as start_date, ((end_date + 1) + {span})::date - 1 as end_date
  from policies where (id, coalesce(renewal_date, end_date)) in (select * from unnest(%(ids)s::bigint[], %(dues)s::date[]))
  order by id for no key update
) next
where p.id = next.id
