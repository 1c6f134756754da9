-- Recipients that were unknown because a worker died, and of which the vendor reported since.
with reported as (
  select r.id, d.sent_at, d.status, d.error_message
  from campaign_recipients r join messaging_public_message d on d.id = r.message_id
  where r.campaign_id = %(id)s and exists (select from campaigns where id = %(id)s and unknown_count > 0)
    and r.status = 'unknown' and d.status not in ('sending', 'unknown')
  order by r.id for no key update of r
)
update campaign_recipients r set status = case when d.sent_at is null then d.status else 'sent' end, sent_at = d.sent_at,
  error_message = d.error_message
from reported d where r.id = d.id
