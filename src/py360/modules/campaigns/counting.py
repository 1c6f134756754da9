"""A campaign's counters of unique recipients, taken anew from the ledger in one statement."""

from collections.abc import Sequence
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
  from messaging_public_message where campaign_id = any(%(ids)s) group by campaign_id
)
update campaigns c set delivered_count = counted.delivered, opened_count = counted.opened, clicked_count = counted.clicked,
  replied_count = counted.replied, failed_count = counted.failed, bounced_count = counted.bounced,
  unsubscribed_count = counted.unsubscribed
from counted where c.id = counted.campaign_id
  and (c.delivered_count, c.opened_count, c.clicked_count, c.replied_count, c.failed_count, c.bounced_count, c.unsubscribed_count)
      is distinct from
      (counted.delivered, counted.opened, counted.clicked, counted.replied, counted.failed, counted.bounced, counted.unsubscribed)
"""
# Before their recipients, as whoever ends a campaign has them.
_HOLD: Final = "select from campaigns where id = any(%(ids)s) order by id for update"
# A worker died with it, and the vendor tells after all that it had left.
_HEARD_OF: Final = """
with heard as (
  update campaign_recipients r set status = case when d.sent_at is null then d.status else 'sent' end, sent_at = d.sent_at,
    error_message = d.error_message
  from messaging_public_message d
  where r.campaign_id in (select id from campaigns where id = any(%(ids)s) and unknown_count > 0)
    and r.status = 'unknown' and d.id = r.message_id and d.status not in ('sending', 'unknown')
  returning r.campaign_id, r.sent_at
)
update campaigns c set unknown_count = unknown_count - h.people, sent_count = sent_count + h.sent
from (select campaign_id, count(*) as people, count(sent_at) as sent from heard group by campaign_id) h
where c.id = h.campaign_id
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
  from unnest(%(ids)s::bigint[]) asked (id)
) counted
where c.id = counted.id and c.converted_count <> counted.converted
"""
_PARENTS: Final = (
    "select distinct parent_id from campaigns where id = any(%(ids)s) and parent_id is not null order by 1"
)
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


async def from_ledger(session: AsyncSession, ids: Sequence[int]) -> None:
    """What vendors and readers told since: delivered, opened, clicked, replied, failed, bounced, unsubscribed, converted."""
    await db.execute(session, _HOLD, {"ids": list(ids)})
    await db.execute(session, _HEARD_OF, {"ids": list(ids)})
    await db.execute(session, _FROM_LEDGER, {"ids": list(ids)})
    await db.execute(session, _CONVERTED, {"ids": list(ids)})


async def of_parents(session: AsyncSession, ids: Sequence[int]) -> None:
    """The conversions of the campaigns whose channels these are."""
    parents = [row["parent_id"] for row in await db.all(session, _PARENTS, {"ids": list(ids)})]
    await db.execute(session, _CONVERTED, {"ids": parents})


async def from_plan(session: AsyncSession, campaign_id: int) -> None:
    """What became of every recipient; settles the running counters when a campaign ends."""
    await db.execute(session, _FROM_PLAN, {"id": campaign_id})
