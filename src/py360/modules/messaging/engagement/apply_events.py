"""From the inbox to the ledger: a batch of vendors' events and our own clicks and opens, applied in a few statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources, webhooks
from py360.kit.vendor import Body
from py360.modules.compliance import api as compliance
from py360.modules.messaging import opt_outs
from py360.modules.messaging.delivery import ledger, whatsapp_windows
from py360.modules.messaging.engagement import counts
from py360.modules.messaging.engagement.keywords import meaning
from py360.modules.messaging.events import MessagesMoved
from py360.modules.messaging.vendors.base import ContactStop, Inbound, Moved, Status
from py360.modules.messaging.webhooks import HOOKS, TRACK, Meaning

PARK: Final = timedelta(minutes=10)  # an event may arrive before our own record of the vendor's id
REPLY_WITHIN: Final = timedelta(days=7)


@dataclass(slots=True)
class Batch:
    """Events of one batch in our words, each with the stored event it came from."""

    moved: list[tuple[webhooks.Event, Moved]] = field(default_factory=list)
    inbound: list[tuple[webhooks.Event, Inbound | ContactStop]] = field(default_factory=list)
    counted: list[counts.Counted] = field(default_factory=list)
    dead: dict[int, str] = field(default_factory=dict)


async def apply(session: AsyncSession, stored: Sequence[webhooks.Event]) -> webhooks.Outcome:
    """Apply these events; those about a message that is not recorded yet continue waiting.

    An event changes only what belongs to its account and client.
    """
    batch = _translate(stored)
    parked = await _park(session, batch)
    changes = await _apply_moves(session, [each for each in batch.moved if each[0].id not in parked])
    for event, message in batch.inbound:
        changes += await _apply_inbound(session, event, message)
    await counts.add(session, batch.counted)
    await publish_moves(session, changes)
    return webhooks.Outcome(parked, batch.dead)


class _Tracked(Body):
    """A click or an open, as `engagement.tracking` stored it."""

    status: Status
    at: float
    message: int
    counts_each: bool = False

    def moved(self) -> Moved:
        """In the words of the ledger."""
        return Moved(self.status, datetime.fromtimestamp(self.at, UTC), message_id=self.message)


def _translate(stored: Sequence[webhooks.Event]) -> Batch:
    batch = Batch()
    for event in stored:
        if event.account_id is None and event.vendor != TRACK:
            batch.dead[event.id] = "It belongs to no account of this installation."
            continue
        try:
            if event.vendor == TRACK:
                tracked = _Tracked.model_validate(event.payload)
                meant: Meaning = tracked.moved()
                if tracked.counts_each:
                    at = datetime.fromtimestamp(tracked.at, UTC)
                    batch.counted.append(counts.Counted(tracked.message, tracked.status, at))
            else:
                meant = HOOKS[event.vendor].translate(event.payload, event.received_at)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            # a vendor's event of a shape we do not know: kept with its reason, the others continue
            batch.dead[event.id] = f"not understood: {type(error).__name__}: {error}"[:500]
            continue
        if isinstance(meant, Moved):
            batch.moved.append((event, meant))
        elif meant is not None:
            batch.inbound.append((event, meant))
    return batch


@dataclass(frozen=True, slots=True)
class _Known:
    """A message of an account, by the vendor's id."""

    id: int
    vendor_message_id: str
    provider_id: int | None


_KNOWN: Final = """
select id, vendor_message_id, provider_id from communication_delivery_status where vendor_message_id = any(%(ids)s)
"""


async def _by_vendor_id(session: AsyncSession, ids: Sequence[str | None]) -> dict[tuple[str, int | None], int]:
    """Our numbers of messages, by the vendor's id and the account."""
    if not ids:
        return {}
    rows = await db.fetch_all(session, _Known, _KNOWN, {"ids": list(set(ids))})
    return {(row.vendor_message_id, row.provider_id): row.id for row in rows}


async def _park(session: AsyncSession, batch: Batch) -> set[int]:
    """Events to try again later: about a vendor's id that the ledger does not hold yet."""
    young = resources.current().clock.now() - PARK
    waiting = {
        event.id: (each.vendor_message_id, event.account_id)
        for event, each in batch.moved
        if each.message_id is None and event.received_at > young
    }
    known = await _by_vendor_id(session, [vendor_id for vendor_id, _ in waiting.values()])
    return {number for number, key in waiting.items() if key not in known}


async def _apply_moves(session: AsyncSession, moves: Sequence[tuple[webhooks.Event, Moved]]) -> list[ledger.Change]:
    news = [
        ledger.News(
            each.status,
            each.at,
            message_id=each.message_id,
            vendor_message_id=each.vendor_message_id,
            error_code=each.error_code,
            error_message=each.error_message,
            unsubscribed=each.stop in {"unsubscribe", "complaint"},
            provider_id=event.account_id,
        )
        for event, each in moves
    ]
    changes = await ledger.apply(session, news)
    stops = [(event, each) for event, each in moves if each.stop]
    if stops:
        await _apply_stops(session, stops, changes)
    return changes


async def _apply_stops(
    session: AsyncSession, stops: Sequence[tuple[webhooks.Event, Moved]], changes: Sequence[ledger.Change]
) -> None:
    rows = {change.message_id: change for change in changes}
    numbers = await _by_vendor_id(session, [each.vendor_message_id for _, each in stops if each.message_id is None])
    for event, each in stops:
        message_id = each.message_id or numbers.get((each.vendor_message_id or "", event.account_id))
        change = rows.get(message_id) if message_id else None
        if change is None or change.provider_id != event.account_id:
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


@dataclass(frozen=True, slots=True)
class _Answered:
    id: int
    client_id: int


# Several answers to one message follow each other.
_KEEP_REPLY: Final = """
update communication_delivery_status set reply_text = concat_ws(e'\\n', reply_text, %(text)s::text) where id = %(id)s
  and length(coalesce(reply_text, '')) < 20000
"""
LONGEST_REPLY: Final = 4_000  # characters that are kept of an answer


async def _apply_inbound(
    session: AsyncSession, event: webhooks.Event, message: Inbound | ContactStop
) -> list[ledger.Change]:
    """A person's message: STOP and START are obeyed, anything else is a reply to what they got last. A stop that the vendor
    reports without a message is obeyed, too."""
    client_id = await db.fetch_one(
        session, int, "select client_id from providers_public_account where id = %(id)s", {"id": event.account_id}
    )
    if client_id is None:
        return []
    channel = HOOKS[event.vendor].channel
    contact = compliance.contact_key(channel, message.contact)
    if isinstance(message, ContactStop):
        await opt_outs.stop(session, client_id, channel, contact, message.reason, None, message.at)
        return []
    if channel == "whatsapp" and event.account_id is not None:
        await whatsapp_windows.note_message(session, client_id, event.account_id, contact, message.at)
    params = {
        "client": client_id,
        "channel": channel,
        "contact": contact,
        "answers": message.answers or "",
        "since": message.at - REPLY_WITHIN,
    }
    answered = await db.fetch_one(session, _Answered, _ANSWERED, params)
    number = answered.id if answered else None
    written = meaning(message.text, *message.choices)
    meant = "stop" if "stop" in (message.asks, written) else message.asks or written
    if meant == "stop":
        await opt_outs.stop(session, client_id, channel, contact, "stop", number, message.at)
    elif meant == "start":
        await opt_outs.start(session, client_id, channel, contact, number, message.at)
    if number is None:
        return []
    if text := message.text.strip():
        await db.execute(session, _KEEP_REPLY, {"id": number, "text": text[:LONGEST_REPLY]})
    status = None if meant else "replied"
    return await ledger.apply(
        session, [ledger.News(status, message.at, message_id=number, unsubscribed=meant == "stop")]
    )


async def publish_moves(session: AsyncSession, changes: Sequence[ledger.Change]) -> None:
    """Publish that messages moved: one event per client."""
    by_client: dict[int, set[int]] = {}
    for change in changes:
        if change.campaign_id is not None:
            by_client.setdefault(change.client_id, set()).add(change.campaign_id)
    for client_id, campaigns in by_client.items():
        await events.publish(session, MessagesMoved(client_id, sorted(campaigns)))
