-- A region, with what is below it, belongs to the client that uses it most: first by the homes of its users, then by its
-- cases and policies. A region that nobody uses belongs to the oldest client. Every other client that used the same region
-- gets a copy of its own, and its homes, cases and policies move to the copy: no home and no place of a case is lost.

alter table organizational_hierarchy add column client_id bigint references clients (id) on delete restrict;
alter table branches add column client_id bigint references clients (id) on delete restrict;
drop index idx_hierarchy_sibling_name;
alter table branches drop constraint branches_code_key;

create temp table used_regions on commit drop as
select ltree2text(subpath(n.path, 0, 1))::bigint as region_id, u.client_id, sum(u.homes) as homes, sum(u.records) as records
from organizational_hierarchy n
join (
  select h.node_id, p.client_id, count(*) as homes, 0 as records
  from user_home_nodes h join users p on p.id = h.user_id group by h.node_id, p.client_id
  union all
  select node_id, client_id, 0, count(*) from renewal_cases where node_id is not null group by node_id, client_id
  union all
  select b.hierarchy_node_id, p.client_id, 0, count(*)
  from policies p join branches b on b.id = p.branch_id where b.hierarchy_node_id is not null
  group by b.hierarchy_node_id, p.client_id
) u on u.node_id = n.id
group by 1, 2;

create temp table owners on commit drop as
select r.id as region_id,
       coalesce((select u.client_id from used_regions u where u.region_id = r.id
                 order by u.homes desc, u.records desc, u.client_id limit 1), (select min(id) from clients)) as client_id
from organizational_hierarchy r where r.parent_id is null;

update organizational_hierarchy n set client_id = o.client_id
from owners o where o.region_id = ltree2text(subpath(n.path, 0, 1))::bigint;

create temp table node_copies on commit drop as
select n.id as old_id, u.client_id, nextval(pg_get_serial_sequence('organizational_hierarchy', 'id')) as new_id
from used_regions u
join owners o on o.region_id = u.region_id and o.client_id <> u.client_id
join organizational_hierarchy n on ltree2text(subpath(n.path, 0, 1))::bigint = u.region_id;

insert into organizational_hierarchy
  (id, client_id, name, type, parent_id, path, manager_id, manager_name, description, budget, target_cases, status)
select c.new_id, c.client_id, n.name, n.type, p.new_id, w.path::ltree, n.manager_id, n.manager_name, n.description, n.budget,
       n.target_cases, n.status
from node_copies c
join organizational_hierarchy n on n.id = c.old_id
left join node_copies p on p.old_id = n.parent_id and p.client_id = c.client_id
cross join lateral (
  select string_agg(m.new_id::text, '.' order by l.level) as path
  from unnest(string_to_array(n.path::text, '.')) with ordinality l (label, level)
  join node_copies m on m.old_id = l.label::bigint and m.client_id = c.client_id
) w;

-- A manager of another client is kept by name only.
update organizational_hierarchy n
set manager_name = coalesce(n.manager_name, trim(u.first_name || ' ' || u.last_name)), manager_id = null
from users u where u.id = n.manager_id and u.client_id <> n.client_id;

update branches b set client_id = coalesce(
  (select n.client_id from organizational_hierarchy n where n.id = b.hierarchy_node_id),
  (select p.client_id from policies p where p.branch_id = b.id group by p.client_id order by count(*) desc, p.client_id limit 1),
  (select min(id) from clients));

create temp table branch_copies on commit drop as
select b.id as old_id, n.client_id, n.new_id as node_id, nextval(pg_get_serial_sequence('branches', 'id')) as new_id
from branches b join node_copies n on n.old_id = b.hierarchy_node_id
union all
select p.branch_id, p.client_id, null, nextval(pg_get_serial_sequence('branches', 'id'))
from (
  select distinct p.branch_id, p.client_id from policies p join branches b on b.id = p.branch_id
  where b.hierarchy_node_id is null and p.client_id <> b.client_id
) p;

insert into branches (id, client_id, code, name, hierarchy_node_id, address, ifsc, status)
select c.new_id, c.client_id, b.code, b.name, c.node_id, b.address, b.ifsc, b.status
from branch_copies c join branches b on b.id = c.old_id;

update user_home_nodes h set node_id = c.new_id
from users u join node_copies c on c.client_id = u.client_id where u.id = h.user_id and c.old_id = h.node_id;
update renewal_cases k set node_id = c.new_id
from node_copies c where c.old_id = k.node_id and c.client_id = k.client_id;
update policies p set branch_id = c.new_id
from branch_copies c where c.old_id = p.branch_id and c.client_id = p.client_id;

alter table organizational_hierarchy alter client_id set not null;
alter table branches alter client_id set not null;
create index idx_hierarchy_client on organizational_hierarchy (client_id);
create unique index idx_hierarchy_sibling_name on organizational_hierarchy (client_id, coalesce(parent_id, 0), lower(name));
alter table organizational_hierarchy
  add constraint organizational_hierarchy_id_client_id_key unique (id, client_id),
  add constraint organizational_hierarchy_parent_of_client_fkey
    foreign key (parent_id, client_id) references organizational_hierarchy (id, client_id) on delete restrict;
alter table branches
  add constraint branches_code_key unique (code, client_id),
  add constraint branches_node_of_client_fkey foreign key (hierarchy_node_id, client_id)
    references organizational_hierarchy (id, client_id) on delete set null (hierarchy_node_id);

-- One client's numbers say nothing about another's. The number comes first: look-ups by number alone keep their index.
alter table policies drop constraint policies_policy_number_key,
  add constraint policies_policy_number_key unique (policy_number, client_id);
alter table customers drop constraint customers_customer_code_key,
  add constraint customers_customer_code_key unique (customer_code, client_id);
