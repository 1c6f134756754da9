-- A policy's fields that were corrected by hand stay so where the file says again what it had wrong, within the same term.
update {staging} s set {corrected}
from policies p
where p.corrected is not null and p.client_id = s.client_id and p.policy_number = s.policy_number and s.outcome <> 'failed'
  and s.renewal_date = coalesce((p.corrected ->> 'renewal_date')::date, p.renewal_date)
