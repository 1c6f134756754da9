-- The branch, or without a branch the region or state, that each pair of texts names within one client. A branch is found
-- by its code or name, under the region when that one is known; a pair that fits several places fits none.
with wanted as (
  select n - 1 as n, lower(trim(branch)) as branch, lower(trim(region)) as region
  from unnest(%(branches)s::text[], %(regions)s::text[]) with ordinality w(branch, region, n)
), regions as (
  select w.n, r.id, r.path from wanted w
  join organizational_hierarchy r
    on r.client_id = %(client)s and r.type in ('region', 'state') and lower(r.name) = w.region
), found as (
  select w.n, b.id as branch_id, o.id as node_id from wanted w
  join branches b
    on b.client_id = %(client)s and b.status = 'active' and w.branch in (lower(b.code), lower(b.name))
  join organizational_hierarchy o on o.id = b.hierarchy_node_id
  where not exists (select 1 from regions r where r.n = w.n)
     or exists (select 1 from regions r where r.n = w.n and o.path <@ r.path)
  union all
  select r.n, null, r.id from regions r join wanted w using (n) where w.branch is null or w.branch = ''
)
select n, min(branch_id) as branch_id, min(node_id) as node_id from found group by n having count(*) = 1
