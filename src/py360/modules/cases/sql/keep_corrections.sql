-- An amount that was corrected by hand stays where the file says again what it had wrong.
update {staging} s set {corrections}
from renewal_cases c
where c.corrected is not null and c.policy_id = s.policy_id and c.due_date = s.renewal_date
  and not s.policy_is_new and s.outcome in ('new', 'changed', 'unchanged') and s.outcome_code is null
