"""From the inbox to the ledger: a batch of vendors' events and our own clicks and opens, applied in a few statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.modules.compliance import api as compliance
from py360.modules.messaging import opt_outs
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.engagement.keywords import meaning
from py360.modules.messaging.events import MessagesMoved
from py360.modules.messaging.vendors import mailgun, meta, twilio
from py360.modules.messaging.vendors.base import ContactStop, Inbound, Moved

log = structlog.get_logger()
BATCH: Final = 2_000
PARK: Final = timedelta(minutes=10)  # an event may arrive before our own record of the vendor's id
REPLY_WITHIN: Final = timedelta(days=7)
TRACK: Final = "track"

Translator = Callable[[Mapping[str, Any], datetime], Moved | Inbound | ContactStop | None]


def _tracked(event: Mapping[str, Any], received_at: datetime) -> Moved:
    return Moved(event["status"], datetime.fromtimestamp(event["at"], UTC), message_id=event["message"])


TRANSLATORS: Final[Mapping[str, Translator]] = {
    "mailgun": lambda event, _: mailgun.translate(event),
    "meta": meta.translate,
    "twilio": twilio.translate,
    TRACK: _tracked,
}
CHANNEL_OF: Final[Mapping[str, compliance.Channel]] = {"mailgun": "email", "meta": "whatsapp", "twilio": "sms"}

_WAITING: Final = """
select id from webhook_inbox where vendor = any(%(vendors)s) and applied_at is null and id > %(after)s
order by id limit %(limit)s
"""
_CLAIM: Final = """
select id, vendor, payload, received_at from webhook_inbox where id = any(%(ids)s) and applied_at is null
order by id for update
"""
_DONE: Final = """
update webhook_inbox w set applied_at = %(now)s, error = b.error
from unnest(%(done)s::bigint[]) d (id)
left join unnest(%(broken)s::bigint[], %(errors)s::text[]) b (id, error) using (id) where w.id = d.id
"""


@dataclass(slots=True)
class Batch:
    """Events of one batch in our words, with the inbox rows they came from."""

    moved: list[tuple[int, Moved]] = field(default_factory=list)
    inbound: list[tuple[str, int | None, Inbound | ContactStop]] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)


async def waiting(after: int = 0, limit: int = BATCH) -> list[int]:
    """The next events that are stored but not applied, behind inbox row `after`."""
    async with db.unit_of_work() as session:
        asked = {"vendors": list(TRANSLATORS), "after": after, "limit": limit}
        return [row["id"] for row in await db.all(session, _WAITING, asked)]


async def apply(ids: Sequence[int]) -> None:
    """Apply these events in one transaction; those about a message that is not recorded yet go on waiting."""
    async with db.unit_of_work() as session:
        rows = await db.all(session, _CLAIM, {"ids": ids})
        batch = _translate(rows)
        parked = await _park(session, batch, rows)
        changes = await _apply_moves(session, [each for each in batch.moved if each[0] not in parked])
        for vendor, provider_id, message in batch.inbound:
            changes += await _apply_inbound(session, vendor, provider_id, message)
        await _done(session, [row["id"] for row in rows if row["id"] not in parked], batch.broken)
        await announce(session, changes)


async def put_aside(inbox_id: int, reason: str) -> None:
    """Keep an event that cannot be applied, with its reason."""
    log.error("a webhook cannot be applied", id=inbox_id, error=reason)
    async with db.unit_of_work() as session:
        await _done(session, [inbox_id], {inbox_id: reason})


async def _done(session: AsyncSession, ids: Sequence[int], broken: Mapping[int, str]) -> None:
    said = {"done": ids, "broken": list(broken), "errors": list(broken.values())}
    await db.execute(session, _DONE, {**said, "now": resources.current().clock.now()})


def _translate(rows: Sequence[db.Row]) -> Batch:
    batch = Batch()
    for row in rows:
        try:
            meant = TRANSLATORS[row["vendor"]](row["payload"]["event"], row["received_at"])
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            # a vendor's event of a shape we do not know: kept with its reason, the others go on
            batch.broken[row["id"]] = f"not understood: {type(error).__name__}: {error}"[:500]
            log.error("a webhook cannot be applied", id=row["id"], error=batch.broken[row["id"]])
            continue
        if isinstance(meant, Moved):
            batch.moved.append((row["id"], meant))
        elif meant is not None:
            batch.inbound.append((row["vendor"], row["payload"].get("provider"), meant))
    return batch


async def _park(session: AsyncSession, batch: Batch, rows: Sequence[db.Row]) -> set[int]:
    """Inbox rows to try again later: about a vendor's id that the ledger does not hold yet."""
    waiting = {row: each.vendor_message_id for row, each in batch.moved if each.message_id is None}
    if not waiting:
        return set()
    known = await db.all(
        session,
        "select vendor_message_id as id from communication_delivery_status where vendor_message_id = any(%(ids)s)",
        {"ids": list(set(waiting.values()))},
    )
    held = {row["id"] for row in known}
    young = resources.current().clock.now() - PARK
    recent = {row["id"] for row in rows if row["received_at"] > young}
    return {row for row, vendor_id in waiting.items() if vendor_id not in held and row in recent}


async def _apply_moves(session: AsyncSession, moves: Sequence[tuple[int, Moved]]) -> list[ledger.Change]:
    news = [
        ledger.News(
            each.status,
            each.at,
            message_id=each.message_id,
            vendor_message_id=each.vendor_message_id,
            error_code=each.error_code,
            error_message=each.error_message,
            unsubscribed=each.stop in {"unsubscribe", "complaint"},
        )
        for _, each in moves
    ]
    changes = await ledger.apply(session, news)
    stops = [each for _, each in moves if each.stop]
    if stops:
        await _apply_stops(session, stops, changes)
    return changes


async def _apply_stops(session: AsyncSession, stops: Sequence[Moved], changes: Sequence[ledger.Change]) -> None:
    rows = {change.message_id: change for change in changes}
    by_vendor = await db.all(
        session,
        "select id, vendor_message_id from communication_delivery_status where vendor_message_id = any(%(ids)s)",
        {"ids": [each.vendor_message_id for each in stops if each.message_id is None]},
    )
    numbers = {row["vendor_message_id"]: row["id"] for row in by_vendor}
    for each in stops:
        message_id = each.message_id or numbers.get(each.vendor_message_id)
        change = rows.get(message_id) if message_id else None
        if change is None:
            continue
        if each.stop == "hard_bounce":
            entry = compliance.Suppression(
                change.channel, change.contact, "hard_bounce", message_id, each.error_message
            )
            await compliance.suppress(session, change.client_id, [entry])
        else:
            source = each.stop or "unsubscribe"
            await opt_outs.stop(session, change.client_id, change.channel, change.contact, source, message_id, each.at)


_ANSWERED: Final = """
select id, client_id from communication_delivery_status
where client_id = %(client)s and communication_type = %(channel)s and status <> 'blocked'
  and (vendor_message_id = %(answers)s
    or (recipient_contact = %(contact)s and created_at > %(since)s and not exists (
      select 1 from communication_delivery_status a where a.vendor_message_id = %(answers)s)))
order by created_at desc limit 1
"""


async def _apply_inbound(
    session: AsyncSession, vendor: str, provider_id: int | None, message: Inbound | ContactStop
) -> list[ledger.Change]:
    """A person's message: STOP and START are obeyed, anything else is a reply to what they got last. A stop that the vendor
    reports without a message is obeyed, too."""
    client_id = await db.value(
        session, "select client_id from providers_public_account where id = %(id)s", {"id": provider_id}
    )
    if client_id is None:
        return []
    channel = CHANNEL_OF[vendor]
    contact = compliance.contact_key(channel, message.contact)
    if isinstance(message, ContactStop):
        await opt_outs.stop(session, client_id, channel, contact, message.reason, None, message.at)
        return []
    asked = {
        "client": client_id,
        "channel": channel,
        "contact": contact,
        "answers": message.answers or "",
        "since": message.at - REPLY_WITHIN,
    }
    answered = await db.one(session, _ANSWERED, asked)
    number = answered["id"] if answered else None
    written = meaning(message.text, *message.choices)
    meant = "stop" if "stop" in (message.asks, written) else message.asks or written
    if meant == "stop":
        await opt_outs.stop(session, client_id, channel, contact, "stop", number, message.at)
    elif meant == "start":
        await opt_outs.start(session, client_id, channel, contact, number, message.at)
    if number is None:
        return []
    told = ledger.News(None if meant else "replied", message.at, message_id=number, unsubscribed=meant == "stop")
    return await ledger.apply(session, [told])


async def announce(session: AsyncSession, changes: Sequence[ledger.Change]) -> None:
    """Tell whoever counts them that messages moved: one event per client."""
    by_client: dict[int, set[int]] = {}
    for change in changes:
        if change.campaign_id is not None:
            by_client.setdefault(change.client_id, set()).add(change.campaign_id)
    for client_id, campaigns in by_client.items():
        await events.publish(session, MessagesMoved(client_id, sorted(campaigns)))
