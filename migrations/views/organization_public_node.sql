create view organization_public_node as
select id, path, name, manager_id, client_id, type, parent_id from organizational_hierarchy;
