-- A case is paid: its recipients that wait in reminder campaigns need no message any more.
with waiting as (
  select r.id from campaign_recipients r join campaigns c on c.id = r.campaign_id
  where r.case_id = %(case)s and r.status = 'pending' and c.type = any(%(reminders)s)
  order by r.id for no key update of r
)
update campaign_recipients r set status = 'skipped', skip_reason = 'paid', claimed_until = null
from waiting where r.id = waiting.id and r.status = 'pending'
returning r.campaign_id
