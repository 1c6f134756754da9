-- Put back the members of policies that an import that is undone had changed.
delete from policy_members m using {table} t
where m.policy_id = t.policy_id and not t.policy_is_new and t.kept is null and t.previous ? 'members'
  and not t.previous -> 'members' @> jsonb_build_array(jsonb_build_object('id', m.id));
update policy_members m set relationship = b.member ->> 'relationship', date_of_birth = (b.member ->> 'date_of_birth')::date
from {table} t cross join lateral jsonb_array_elements(t.previous -> 'members') b (member)
where m.policy_id = t.policy_id and not t.policy_is_new and t.kept is null and t.previous ? 'members'
  and m.id = (b.member ->> 'id')::bigint
