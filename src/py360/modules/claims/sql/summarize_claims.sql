-- The figures of all claims of a policy: withdrawn ones count as claims, not as money. The satisfaction is the mean of the ratings, out of
-- 5, of the communications that name one of them.
with claimed as (
  select c.*, c.status <> 'withdrawn' as counted, c.status in ('approved', 'settled', 'rejected') as decided,
         c.status in ('approved', 'settled') as granted
  from claims c where c.policy_id = %(policy)s
)
select count(*)::integer as total, count(*) filter (where counted)::integer as counted,
       coalesce(sum(claim_amount) filter (where counted), 0) as claimed,
       coalesce(sum(approved_amount) filter (where granted), 0) as approved,
       coalesce(sum(rejected_amount) filter (where decided), 0) as rejected,
       coalesce(sum(claim_amount) filter (where counted and not decided), 0) as pending,
       coalesce(sum(settlement_amount) filter (where counted), 0) as settled,
       max(reported_date) as last,
       coalesce((select jsonb_object_agg(t.claim_type, t.count)
                 from (select claim_type, count(*) from claimed group by claim_type) t), '{}') as by_type,
       round(avg(extract(epoch from decided_at - reported_at) / 86400) filter (where decided), 1)::float8 as days,
       round(100.0 * count(*) filter (where granted) / nullif(count(*) filter (where decided), 0), 1)::float8 as approval_rate,
       (select round(avg(n.satisfaction), 1)::float8 from cases_public_communication n
        where n.customer_id = %(customer)s and n.claim_number in (select claim_number from claimed)) as satisfaction
from claimed
