create view organization_public_node as
select id, path from organizational_hierarchy;
