-- A case belongs to its agent's home node on the day of the import, else to its branch's node.
update {staging} s set node_id = coalesce(
  (select h.node_id from user_home_nodes h where h.user_id = s.agent_id
    and %(today)s >= h.valid_from and (h.valid_to is null or %(today)s < h.valid_to)),
  (select b.hierarchy_node_id from organization_public_branch b where b.id = s.branch_id))
where (s.agent_id is not null or s.branch_id is not null)
  and s.outcome in ('new', 'changed', 'unchanged') and s.outcome_code is null
