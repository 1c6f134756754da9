-- A contact that was corrected by hand stays so where the file says again what it had wrong (ADR 47).
update {staging} s set {corrected}
from customers c
where c.corrected is not null and c.id = s.customer_id and not s.customer_is_new and s.outcome <> 'failed'
