"""The message ledger: rows in, and news applied so that a status only ever moves forward.

The order of statuses is total (`FORWARD`), so any shuffle and any repetition of the same news ends in the same row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.reads import Reads
from py360.modules.templates.api import Channel

# What is paid for: what left, and what may have left. `cost` says for how much, and of the others for how much it would have been.
CHARGED: Final = "(l.sent_at is not null or l.status in ('sending', 'unknown'))"
# `blocked` is not in it: what the door kept in never moves. A delivery beats a failure reported before or after it.
FORWARD: Final = (
    "pending",
    "sending",
    "unknown",
    "sent",
    "failed",
    "bounced",
    "delivered",
    "opened",
    "clicked",
    "replied",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row to write: `sending` when admitted, `blocked` with its reason when refused."""

    channel: str
    purpose: str
    contact: str
    status: str
    customer_id: int | None
    case_id: int | None
    campaign_id: int | None
    template_id: int | None
    template_version: int | None
    subject: str | None
    content: str | None
    sent_by: int | None
    cost: Decimal | None = None  # what it will cost
    error_code: str | None = None
    error_message: str | None = None


# Rows travel as one JSON value: arrays per column cost psycopg four times as long.
_INSERT: Final = """
with asked as (
  select nextval(pg_get_serial_sequence('communication_delivery_status', 'id')) as id, a.*
  from rows from (jsonb_to_recordset(%(entries)s::jsonb) as (purpose text, contact text, status text, customer_id bigint,
    case_id bigint, campaign_id bigint, template_id bigint, template_version integer, subject text, content text,
    sent_by bigint, cost numeric, error_code text, error_message text)) with ordinality
    as a (purpose, contact, status, customer_id, case_id, campaign_id, template_id, template_version, subject, content,
      sent_by, cost, error_code, error_message, place)
), written as (
  insert into communication_delivery_status (id, client_id, communication_type, purpose, recipient_contact, status,
    customer_id, case_id, campaign_id, template_id, template_version, subject, content, sent_by, cost, error_code, error_message,
    attempts, last_attempt_at, vendor_name, provider_id, created_at)
  select id, %(client)s, %(channel)s, purpose, left(contact, 255), status, customer_id, case_id, campaign_id, template_id,
    template_version, subject, content, sent_by, cost, error_code, error_message,
    case when status = 'sending' then 1 else 0 end, case when status = 'sending' then %(now)s::timestamptz end,
    %(vendor)s, %(provider)s, %(now)s::timestamptz
  from asked order by place
)
select array_agg(id order by place) from asked
"""


async def write(
    session: AsyncSession,
    client_id: int,
    entries: Sequence[Entry],
    vendor: str | None,
    provider_id: int | None,
    now: datetime,
) -> list[int]:
    """Write rows of one client and channel; their numbers in the same order."""
    if not entries:
        return []
    numbers: list[int] = await db.value(
        session,
        _INSERT,
        {
            "client": client_id,
            "channel": entries[0].channel,
            "vendor": vendor,
            "provider": provider_id,
            "now": now,
            "entries": _json(entries),
        },
    )
    return numbers


def _json(rows: Sequence[Any]) -> str:
    """Rows as PostgreSQL's jsonb takes them: it knows no NUL."""
    return orjson.dumps(rows, default=str).decode().replace("\\u0000", "")


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a message, known by our number or by the vendor's.

    With a `provider_id` it is an account's, and moves nothing that did not go through that account; without, it is our own.
    """

    status: str | None
    at: datetime
    message_id: int | None = None
    vendor_message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    cost: Decimal | None = None
    unsubscribed: bool = False
    provider_id: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A row that moved."""

    message_id: int
    client_id: int
    campaign_id: int | None
    channel: Channel
    contact: str
    provider_id: int | None


# Many news of one message in a batch fold into one: the furthest status, the earliest moment of each kind.
_APPLY: Final = """
with told as (
  select case when n.message_id is null then l.id when n.provider_id is null or o.id is not null then n.message_id end as id,
    array_position(%(forward)s::text[], n.status) as rank, n.*
  from jsonb_to_recordset(%(news)s::jsonb) as n (message_id bigint, vendor_message_id text, status text, at timestamptz,
    error_code text, error_message text, cost numeric, unsubscribed boolean, provider_id bigint)
  left join communication_delivery_status l on n.message_id is null and l.vendor_message_id = n.vendor_message_id
    and (n.provider_id is null or l.provider_id = n.provider_id)
  left join communication_delivery_status o on o.id = n.message_id and o.provider_id = n.provider_id
), folded as (
  select id, max(rank) as rank, max(vendor_message_id) as vendor_id, max(cost) as cost,
    min(at) filter (where status = any(array['sent', 'delivered', 'opened', 'clicked', 'replied'])) as sent_at,
    min(at) filter (where status = any(array['delivered', 'opened', 'clicked', 'replied'])) as delivered_at,
    min(at) filter (where status = any(array['opened', 'clicked'])) as opened_at,
    min(at) filter (where status = 'clicked') as clicked_at,
    min(at) filter (where status = 'replied') as replied_at,
    min(at) filter (where unsubscribed) as unsubscribed_at,
    (array_agg(left(error_code, 50) order by rank desc, error_code) filter (where error_code is not null))[1] as code,
    (array_agg(error_message order by rank desc, error_code) filter (where error_message is not null))[1] as error,
    row_number() over (partition by max(vendor_message_id) order by id) = 1 as is_first
  from told where id is not null group by id
), before as (
  select l.id, l.status, l.unsubscribed_at is null as subscribed, array_position(%(forward)s::text[], l.status::text) as rank
  from communication_delivery_status l join folded f on f.id = l.id
  where l.status <> 'blocked'
  order by l.id for update of l
)
update communication_delivery_status l set
  status = case when f.rank > b.rank then (%(forward)s::text[])[f.rank] else l.status end,
  vendor_message_id = coalesce(l.vendor_message_id, case when f.is_first and not exists (
    select from communication_delivery_status o where o.vendor_message_id = f.vendor_id) then f.vendor_id end),
  cost = coalesce(f.cost, l.cost),
  sent_at = least(l.sent_at, f.sent_at),
  delivered_at = least(l.delivered_at, f.delivered_at),
  opened_at = least(l.opened_at, f.opened_at),
  clicked_at = least(l.clicked_at, f.clicked_at),
  replied_at = least(l.replied_at, f.replied_at),
  unsubscribed_at = least(l.unsubscribed_at, f.unsubscribed_at),
  error_code = case when f.rank > b.rank then f.code else coalesce(l.error_code, f.code) end,
  error_message = case when f.rank > b.rank then left(f.error, 500) else coalesce(l.error_message, left(f.error, 500)) end
from folded f join before b on b.id = f.id
where l.id = f.id
returning l.id, l.client_id, l.campaign_id, l.communication_type, l.recipient_contact, l.provider_id
"""


async def apply(session: AsyncSession, news: Sequence[News]) -> list[Change]:
    """Apply a batch in one statement; the rows it found. Raises nothing for unknown numbers: they are not ours."""
    if not news:
        return []
    rows = await db.all(session, _APPLY, {"forward": list(FORWARD), "news": _json(news)})
    return [_change(row) for row in rows]


# Of messages that a dead worker left `sending`: what was handed over may have left; what was only claimed did not.
_ABANDON: Final = """
update communication_delivery_status l set
  status = case when handed_over_at is null then 'blocked' else 'unknown' end,
  attempts = case when handed_over_at is null then 0 else attempts end,
  last_attempt_at = case when handed_over_at is null then null else last_attempt_at end,
  error_code = case when handed_over_at is null then 'withheld' else 'worker_died' end,
  error_message = case when handed_over_at is null then 'The worker stopped before this message left. It was not sent.'
    else 'The worker stopped while this message was on its way. It may have been sent.' end
from (select id from communication_delivery_status where status = 'sending' and {which} order by id for no key update) lost
where l.id = lost.id
returning l.id, l.client_id, l.campaign_id, l.communication_type, l.recipient_contact, l.provider_id
"""


async def abandon(session: AsyncSession, ids: Sequence[int]) -> None:
    """Settle messages of a worker that died, where they are still `sending`: `unknown` when they were handed over, else
    `blocked` (code `withheld`): those did not leave and may be sent again."""
    await db.execute(session, _ABANDON.format(which="id = any(%(ids)s)"), {"ids": list(ids)})


async def abandon_single(session: AsyncSession, before: datetime) -> list[Change]:
    """The same for single messages left `sending` since before that moment. A campaign's belong to whoever holds the
    lease of its batch."""
    which = "campaign_id is null and last_attempt_at < %(before)s and created_at > %(before)s - interval '2 days'"
    return [_change(row) for row in await db.all(session, _ABANDON.format(which=which), {"before": before})]


async def keep_back(session: AsyncSession, reasons: Sequence[tuple[int, str, str]]) -> None:
    """Messages (number, code, sentence) that were admitted and never left become `blocked`: no rate and no cap counts them."""
    if reasons:
        numbers, codes, sentences = zip(*reasons, strict=True)
        await db.execute(
            session,
            "update communication_delivery_status l set status = 'blocked', attempts = 0, last_attempt_at = null, handed_over_at = null,"
            " error_code = left(b.code, 50), error_message = left(b.sentence, 500)"
            " from unnest(%(numbers)s::bigint[], %(codes)s::text[], %(sentences)s::text[]) as b (id, code, sentence)"
            " where l.id = b.id and l.status = 'sending'",
            {"numbers": list(numbers), "codes": list(codes), "sentences": list(sentences)},
        )


def _change(row: db.Row) -> Change:
    return Change(
        row["id"], row["client_id"], row["campaign_id"], row["communication_type"], row["recipient_contact"],
        row["provider_id"],
    )  # fmt: skip


_SPENT: Final = f"""
select coalesce(sum(l.cost), 0) from communication_delivery_status l where l.campaign_id = any(%(ids)s) and {CHARGED}
"""


async def spent(source: AsyncSession | Reads, campaign_ids: Sequence[int]) -> Decimal:
    """What the messages of these campaigns cost so far, in INR, those under way included."""
    said = {"ids": list(campaign_ids)}
    found = source.value(_SPENT, said) if isinstance(source, Reads) else db.value(source, _SPENT, said)
    return Decimal(await found)


async def recent_to(
    session: AsyncSession, client_id: int, channel: str, contacts: Sequence[str], since: datetime
) -> dict[str, int]:
    """How many messages each address got by a channel since then; refused and failed ones do not count."""
    rows: list[dict[str, Any]] = await db.all(
        session,
        "select recipient_contact, count(*) as messages from communication_delivery_status"
        " where recipient_contact = any(%(contacts)s) and client_id = %(client)s and communication_type = %(channel)s"
        " and created_at > %(since)s and status not in ('blocked', 'failed', 'bounced') group by 1",
        {"contacts": list(contacts), "client": client_id, "channel": channel, "since": since},
    )
    return {row["recipient_contact"]: row["messages"] for row in rows}
