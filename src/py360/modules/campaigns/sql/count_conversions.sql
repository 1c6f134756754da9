-- The conversions of the campaigns named by `{campaigns}` (a select of ids). A customer who was written to on several channels
-- converts once: a parent's conversions are counted over its channels, not summed.
update campaigns c set converted_count = counted.converted
from (
  select asked.id, (
    select count(distinct k.id) from campaigns channel
    join campaign_recipients r on r.campaign_id = channel.id
    join cases_public_case k on k.id = r.case_id and k.status = 'renewed' and k.closed_at >= r.sent_at
      and k.payment_status <> 'refunded'
    where asked.id in (channel.id, channel.parent_id)) as converted
  from ({campaigns}) asked (id)
) counted
where c.id = counted.id and c.converted_count <> counted.converted
