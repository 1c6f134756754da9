create view organization_public_branch as
select id, name, hierarchy_node_id, client_id, status from branches;
