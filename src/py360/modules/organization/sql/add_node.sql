-- A new node below `above`, the path of its parent with a dot behind it (empty for a root); its number.
with new as (select nextval(pg_get_serial_sequence('organizational_hierarchy', 'id')) as id)
insert into organizational_hierarchy
  (id, client_id, name, type, parent_id, path, manager_id, manager_name, description, budget, target_cases, status)
select new.id, %(client_id)s, %(name)s, %(type)s, %(parent_id)s, (%(above)s || new.id)::ltree, %(manager_id)s,
       %(manager_name)s, %(description)s, %(budget)s, %(target_cases)s, %(status)s
from new
returning id
