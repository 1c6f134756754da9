-- Where people have their home today (an Indian calendar day).
create view organization_public_homes as
select h.user_id, h.node_id, h.valid_from, n.name as node_name, n.type as node_type, n.path
from user_home_nodes h
join organizational_hierarchy n on n.id = h.node_id
where h.valid_from <= (now() at time zone 'Asia/Kolkata')::date
  and (h.valid_to is null or h.valid_to > (now() at time zone 'Asia/Kolkata')::date);
