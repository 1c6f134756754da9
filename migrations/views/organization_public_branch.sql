create view organization_public_branch as
select id, name, hierarchy_node_id from branches;
