-- Put a policy back into the term before, only from the very next one and while no case was opened on it.
update policies p set
  start_date = last.start_date, end_date = p.start_date - 1, renewal_date = %(due)s, version = p.version + 1
from (
  select id, (start_date - {span})::date as start_date from policies where id = %(id)s
) last
where p.id = last.id and p.start_date - 1 - p.end_date = %(due)s - coalesce(p.renewal_date, p.end_date)
  and not exists (select from cases_public_term t where t.policy_id = p.id and t.due_date > %(due)s)
