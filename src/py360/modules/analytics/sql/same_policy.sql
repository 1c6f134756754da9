-- The other cases of a policy whose terms are numbered again, because one of its cases is new, gone or due on another day.
with moved as (
  select coalesce(c.policy_id, f.policy_id) as policy_id
  from unnest(%(ids)s::bigint[]) as changed (case_id)
  left join cases_public_outcome c on c.case_id = changed.case_id
  left join analytics_facts f on f.case_id = changed.case_id and f.kind = 'opened'
  where (c.policy_id, c.due_date) is distinct from (f.policy_id, f.due_date)
)
select t.case_id from cases_public_term t join moved on moved.policy_id = t.policy_id
union
select f.case_id from analytics_facts f join moved on moved.policy_id = f.policy_id where f.kind = 'opened'
