-- A channel's counters of unique recipients, counted again from the ledger.
with counted as (
  select campaign_id,
    count(*) filter (where delivered_at is not null or opened_at is not null or clicked_at is not null) as delivered,
    count(*) filter (where opened_at is not null or clicked_at is not null) as opened,
    count(*) filter (where clicked_at is not null) as clicked,
    count(*) filter (where replied_at is not null) as replied,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'bounced') as bounced,
    count(*) filter (where unsubscribed_at is not null) as unsubscribed
  from messaging_public_message where campaign_id = %(id)s group by campaign_id
)
update campaigns c set delivered_count = counted.delivered, opened_count = counted.opened, clicked_count = counted.clicked,
  replied_count = counted.replied, failed_count = counted.failed, bounced_count = counted.bounced,
  unsubscribed_count = counted.unsubscribed
from counted where c.id = counted.campaign_id
  and (c.delivered_count, c.opened_count, c.clicked_count, c.replied_count, c.failed_count, c.bounced_count, c.unsubscribed_count)
      is distinct from
      (counted.delivered, counted.opened, counted.clicked, counted.replied, counted.failed, counted.bounced, counted.unsubscribed)
