"""A campaign's counters of unique recipients, taken anew from the ledger in one statement."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

_FROM_LEDGER: Final = """
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
"""
# A worker died with it, and the vendor tells after all that it had left.
_HEARD_OF: Final = """
with heard as (
  select r.id, d.sent_at, d.status, d.error_message
  from campaign_recipients r join messaging_public_message d on d.id = r.message_id
  where r.campaign_id = %(id)s and exists (select from campaigns where id = %(id)s and unknown_count > 0)
    and r.status = 'unknown' and d.status not in ('sending', 'unknown')
  order by r.id for no key update of r
)
update campaign_recipients r set status = case when h.sent_at is null then h.status else 'sent' end, sent_at = h.sent_at,
  error_message = h.error_message
from heard h where r.id = h.id
"""
# Whom it was written on several channels is won once: a parent's conversions are counted over its channels, not summed.
_CONVERTED: Final = """
update campaigns c set converted_count = counted.converted
from (
  select asked.id, (
    select count(distinct k.id) from campaigns channel
    join campaign_recipients r on r.campaign_id = channel.id
    join cases_public_case k on k.id = r.case_id and k.status = 'renewed' and k.closed_at >= r.sent_at
      and k.payment_status <> 'refunded'
    where asked.id in (channel.id, channel.parent_id)) as converted
  from ({whose}) asked (id)
) counted
where c.id = counted.id and c.converted_count <> counted.converted
"""
_FROM_PLAN: Final = """
update campaigns c set sent_count = counted.sent, unknown_count = counted.unknown, skipped_count = counted.skipped,
  settled_count = counted.settled
from (
  select count(*) filter (where sent_at is not null) as sent, count(*) filter (where status = 'unknown') as unknown,
    count(*) filter (where status = 'skipped') as skipped,
    count(*) filter (where status not in ('pending', 'claimed')) as settled
  from campaign_recipients where campaign_id = %(id)s
) counted
where c.id = %(id)s
"""


async def hear(session: AsyncSession, campaign_id: int) -> int:
    """Settle recipients that were `unknown` and of whom the vendor told since; how many. Before any campaign is held."""
    return await db.execute(session, _HEARD_OF, {"id": campaign_id})


async def from_ledger(session: AsyncSession, campaign_id: int) -> None:
    """What vendors and readers told since: delivered, opened, clicked, replied, failed, bounced, unsubscribed, converted."""
    await db.execute(session, _FROM_LEDGER, {"id": campaign_id})
    await db.execute(session, _CONVERTED.format(whose="select %(id)s::bigint"), {"id": campaign_id})


async def of_parent(session: AsyncSession, campaign_id: int) -> None:
    """The conversions of the campaign whose channel this is; where both are counted, its parent is held before."""
    whose = "select parent_id from campaigns where id = %(id)s"
    await db.execute(session, _CONVERTED.format(whose=whose), {"id": campaign_id})


async def from_plan(session: AsyncSession, campaign_id: int) -> None:
    """What became of every recipient: settles the counters that lanes keep."""
    await db.execute(session, _FROM_PLAN, {"id": campaign_id})
