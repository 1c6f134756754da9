"""The message ledger: rows in, and news applied so that a status only ever moves forward.

The order of statuses is total (`FORWARD`), so any shuffle and any repetition of the same news ends in the same row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, jsonb, sql
from py360.modules.templates.api import Channel

# What is paid for: what left, and what may have left. `cost` says for how much, and of the others for how much it would have been.
CHARGED: Final = "(l.sent_at is not null or l.status in ('sending', 'unknown'))"
# `blocked` is not in it: what the send gate kept in never moves. A delivery beats a failure reported before or after it.
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


_INSERT: Final = sql.read(__file__, "write_messages")


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
    return await db.fetch_all(
        session,
        int,
        _INSERT,
        {
            "client": client_id,
            "channel": entries[0].channel,
            "vendor": vendor,
            "provider": provider_id,
            "now": now,
            "entries": jsonb.dumps(entries),
        },
    )


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


_APPLY: Final = sql.read(__file__, "apply_news")


async def apply(session: AsyncSession, news: Sequence[News]) -> list[Change]:
    """Apply a batch in one statement; the rows it found. Raises nothing for unknown numbers: they are not ours."""
    if not news:
        return []
    return await db.fetch_all(session, Change, _APPLY, {"forward": list(FORWARD), "news": jsonb.dumps(news)})


_ABANDON: Final = sql.read(__file__, "abandon")


async def abandon(session: AsyncSession, ids: Sequence[int]) -> None:
    """Settle messages of a worker that died, where they are still `sending`: `unknown` when they were handed over, else
    `blocked` (code `withheld`): those did not leave and may be sent again."""
    await db.execute(session, _ABANDON.format(which="id = any(%(ids)s)"), {"ids": list(ids)})


async def abandon_single(session: AsyncSession, before: datetime) -> list[Change]:
    """The same for single messages left `sending` since before that moment. A campaign's belong to whoever holds the
    lease of its batch."""
    which = "campaign_id is null and last_attempt_at < %(before)s and created_at > %(before)s - interval '2 days'"
    return await db.fetch_all(session, Change, _ABANDON.format(which=which), {"before": before})


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


_SPENT: Final = f"""
select coalesce(sum(l.cost), 0) from communication_delivery_status l where l.campaign_id = any(%(ids)s) and {CHARGED}
"""


async def spent(source: db.Source, campaign_ids: Sequence[int]) -> Decimal:
    """What the messages of these campaigns cost so far, in INR, those under way included."""
    return await db.fetch_only(source, Decimal, _SPENT, {"ids": list(campaign_ids)})


@dataclass(frozen=True, slots=True)
class _Recent:
    contact: str
    messages: int


async def recent_to(
    session: AsyncSession, client_id: int, channel: str, contacts: Sequence[str], since: datetime
) -> dict[str, int]:
    """How many messages each address got by a channel since then; refused and failed ones do not count."""
    rows = await db.fetch_all(
        session,
        _Recent,
        "select recipient_contact as contact, count(*) as messages from communication_delivery_status"
        " where recipient_contact = any(%(contacts)s) and client_id = %(client)s and communication_type = %(channel)s"
        " and created_at > %(since)s and status not in ('blocked', 'failed', 'bounced') group by 1",
        {"contacts": list(contacts), "client": client_id, "channel": channel, "since": since},
    )
    return {row.contact: row.messages for row in rows}
