"""The one send gate for outgoing messages (docs/architecture.md, rule 4): consent, suppression and DNC, legal window, frequency cap, budget,
rate limit, in that order, for a whole batch; every refusal is a row in the ledger with its reason.

A check that cannot be made lets nothing through: its exception ends the transaction, and nothing is sent.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.clock import INDIA
from py360.modules.compliance import api as compliance
from py360.modules.messaging.delivery import bereavement, ledger, rate_limits, whatsapp_windows
from py360.modules.messaging.delivery.history import kept
from py360.modules.messaging.messages import Admitted, Decision, Deferred, Outgoing, Refused
from py360.modules.messaging.render import text_of
from py360.modules.messaging.vendors.base import price
from py360.modules.providers.api import ProviderAccount
from py360.modules.settings import api as settings
from py360.modules.templates.api import RegisteredText, registered_texts, segments

Verdict = tuple[str, str] | None  # reason and sentence; None lets it through
LONGEST_NUMBER: Final = 10**10  # of a message that has none yet; it is in its links
MAILBOX: Final = ("mailbox", "email")  # people's own mail leaves through their mailbox's account


async def admit(
    session: AsyncSession,
    batch: Sequence[Outgoing],
    account: ProviderAccount,
    *,
    budget_left: Decimal | None = None,
    keep_texts: bool = False,
) -> list[Decision]:
    """Decide a batch of one client and channel, in its order. Admitted messages are in the ledger as `sending` with
    their price, refused ones as `blocked` with their reason; deferred ones leave no row. `budget_left`, in INR, is what
    the campaign may still spend; its caller keeps others from spending it until this transaction is over. With `keep_texts`
    the ledger keeps what a template's message contained.
    """
    if not batch:
        return []
    now = resources.current().clock.now()
    batch = [_in_stored_form(each) for each in batch]
    client_id, channel = batch[0].client_id, batch[0].channel
    assert account.client_id == client_id
    assert account.channel == channel or (account.channel, channel) == MAILBOX
    assert all(each.client_id == client_id and each.channel == channel for each in batch)
    in_force = await settings.get(session, client_id, settings.Campaigns)
    verdicts = await _compliance(session, batch, in_force)
    _merge(verdicts, await bereavement.refuse(session, batch))
    if in_force.dlt_template_required:
        _merge(verdicts, await _dlt(session, account, batch))
    _merge(verdicts, await _free_text(session, account, batch, now))
    late = [
        _window(each, in_force, now) if verdict is None else None for each, verdict in zip(batch, verdicts, strict=True)
    ]
    _merge(verdicts, await _frequency(session, batch, in_force, now))
    deferred = {
        place: Deferred(batch[place], *wait) for place, wait in enumerate(late) if wait and verdicts[place] is None
    }
    free = [place for place, verdict in enumerate(verdicts) if verdict is None and late[place] is None]
    costs = _costs(batch, account, in_force.tracking_enabled)
    if budget_left is not None:
        paid, sentence = _budget([costs[place] for place in free], account, budget_left)
        deferred |= {place: Deferred(batch[place], "budget", sentence, now) for place in free[paid:]}
        free = free[:paid]
    allowed, reason, sentence, until = await rate_limits.pace(session, account, batch[0], in_force, len(free), now)
    deferred |= {place: Deferred(batch[place], reason, sentence, until) for place in free[allowed:]}
    decided = await _write(session, batch, verdicts, deferred, costs, account, now, keep_texts)
    if in_force.tracking_enabled:
        return decided
    return [replace(each, tracked=False) if isinstance(each, Admitted) else each for each in decided]


def _in_stored_form(outgoing: Outgoing) -> Outgoing:
    """With the address as it is stored, compared and written to."""
    stored = compliance.writable(outgoing.channel, outgoing.contact)
    return outgoing if stored in (None, outgoing.contact) else replace(outgoing, contact=stored)


async def _write(
    session: AsyncSession,
    batch: Sequence[Outgoing],
    verdicts: Sequence[Verdict],
    deferred: dict[int, Deferred],
    costs: Sequence[Decimal | None],
    account: ProviderAccount,
    now: datetime,
    keep_texts: bool,
) -> list[Decision]:
    places = [place for place in range(len(batch)) if place not in deferred]
    entries = [_entry(batch[place], verdicts[place], costs[place], keep_texts) for place in places]
    numbers = await ledger.write(session, account.client_id, entries, account.type, account.id, now)
    decided: dict[int, Decision] = dict(deferred)
    for place, number in zip(places, numbers, strict=True):
        verdict = verdicts[place]
        decided[place] = Refused(batch[place], number, *verdict) if verdict else Admitted(batch[place], number)
    return [decided[place] for place in range(len(batch))]


def _entry(outgoing: Outgoing, verdict: Verdict, cost: Decimal | None, keep_text: bool) -> ledger.Entry:
    template = outgoing.template
    subject, content = kept(outgoing, keep_text)
    return ledger.Entry(
        channel=outgoing.channel,
        purpose=outgoing.purpose,
        contact=outgoing.contact,
        status="blocked" if verdict else "sending",
        customer_id=outgoing.customer_id,
        case_id=outgoing.case_id,
        campaign_id=outgoing.campaign_id,
        template_id=template.id if template else None,
        template_version=template.version if template else None,
        subject=subject,
        content=content,
        sent_by=outgoing.sent_by,
        cost=None if verdict else cost,
        error_code=verdict[0] if verdict else None,
        error_message=verdict[1] if verdict else None,
    )


def _merge(verdicts: list[Verdict], later: Sequence[Verdict]) -> None:
    """The earlier check's reason stands."""
    for place, verdict in enumerate(later):
        verdicts[place] = verdicts[place] or verdict


# ---------------------------------------------------------------- consent, suppression, DNC


async def _compliance(session: AsyncSession, batch: Sequence[Outgoing], in_force: settings.Campaigns) -> list[Verdict]:
    client_id, channel = batch[0].client_id, batch[0].channel
    verdicts: list[Verdict] = [
        None
        if compliance.writable(channel, each.contact)
        else ("invalid_contact", f"“{each.contact[:80]}” is not an address for {channel}.")
        for each in batch
    ]
    for purpose in {each.purpose for each in batch}:
        places = [place for place, each in enumerate(batch) if each.purpose == purpose and verdicts[place] is None]
        contacts = [compliance.Contact(batch[place].contact, batch[place].customer_id) for place in places]
        blocks = await compliance.admissible(
            session, client_id, channel, purpose, contacts, opt_in=in_force.opt_in_required
        )
        for place, block in zip(places, blocks, strict=True):
            if block:
                verdicts[place] = (block.reason, block.message)
        await _note_dnc(session, [(batch[place], block) for place, block in zip(places, blocks, strict=True) if block])
    return verdicts


async def _note_dnc(session: AsyncSession, blocked: Sequence[tuple[Outgoing, compliance.Block]]) -> None:
    hits = [
        compliance.DncHit(
            block.dnc_id, each.channel, each.contact, block.message, each.campaign_id, each.case_id, each.sent_by
        )
        for each, block in blocked
        if block.dnc_id is not None
    ]
    if hits:
        await compliance.note_dnc_blocks(session, blocked[0][0].client_id, hits)


# ---------------------------------------------------------------- DLT (TRAI's register of senders and texts)


async def _dlt(session: AsyncSession, account: ProviderAccount, batch: Sequence[Outgoing]) -> list[Verdict]:
    """A sender registered as a principal entity may only send registered texts: the operator drops all others."""
    if account.dlt_entity_id is None or account.channel != "sms":
        return [None] * len(batch)
    texts: list[RegisteredText] | None = None
    verdicts: list[Verdict] = []
    for each in batch:
        if each.template is not None:
            registered = each.template.dlt_template_id is not None
            verdicts.append(
                None if registered else ("dlt_unmatched", f"“{each.template.name}” has no DLT template id.")
            )
            continue
        texts = texts if texts is not None else await registered_texts(session, account.client_id)
        matched = any(text.matches(each.body or "") for text in texts)
        verdicts.append(None if matched else ("dlt_unmatched", "This text matches no DLT template of this sender."))
    return verdicts


# ---------------------------------------------------------------- WhatsApp's window for free text


async def _free_text(
    session: AsyncSession, account: ProviderAccount, batch: Sequence[Outgoing], now: datetime
) -> list[Verdict]:
    """Meta takes free text at any time and delivers it only to those who wrote within the last day."""
    if account.channel != "whatsapp" or all(each.template is not None for each in batch):
        return [None] * len(batch)
    contacts = [each.contact for each in batch if each.template is None]
    may_be_written_to = await whatsapp_windows.with_open_window(session, account.id, contacts, now)
    return [
        None if each.template is not None or each.contact in may_be_written_to else whatsapp_windows.CLOSED
        for each in batch
    ]


# ---------------------------------------------------------------- legal window


def _window(outgoing: Outgoing, in_force: settings.Campaigns, now: datetime) -> tuple[str, str, datetime] | None:
    """When it must wait: the reason, a sentence and the moment the window opens."""
    if outgoing.purpose == "promotional":
        opening, closing = in_force.promotional_from, in_force.promotional_to
    elif outgoing.purpose == "service" and in_force.service_from is not None and in_force.service_to is not None:
        opening, closing = in_force.service_from, in_force.service_to
    else:
        return None
    start, end = time.fromisoformat(opening), time.fromisoformat(closing)
    local = now.astimezone(INDIA)
    if start <= local.time().replace(tzinfo=None) < end:
        return None
    opens = datetime.combine(local.date(), start, INDIA)
    if local >= opens:
        opens += timedelta(days=1)
    return "outside_hours", f"Such messages may leave from {opening} to {closing} India time.", opens


# ---------------------------------------------------------------- frequency cap, budget


async def _frequency(
    session: AsyncSession, batch: Sequence[Outgoing], in_force: settings.Campaigns, now: datetime
) -> list[Verdict]:
    caps = {"promotional": in_force.promotional_cap_per_day, "service": in_force.service_cap_per_day}
    capped = [each.contact for each in batch if caps.get(each.purpose)]
    if not capped:
        return [None] * len(batch)
    since = now - timedelta(days=1)
    # two admissions at once take turns here, so that together they cannot pass the cap
    await db.execute(
        session,
        "select pg_advisory_xact_lock(hashtext('messaging.cap ' || %(channel)s), %(client)s::int)",
        {"channel": batch[0].channel, "client": batch[0].client_id},
    )
    had = await ledger.recent_to(session, batch[0].client_id, batch[0].channel, capped, since)
    verdicts: list[Verdict] = []
    for each in batch:
        cap = caps.get(each.purpose, 0)  # none for transactional messages
        over = bool(cap) and had.get(each.contact, 0) >= cap
        verdicts.append(("frequency_cap", f"Already {cap} messages by {each.channel} in 24 hours.") if over else None)
        had[each.contact] = had.get(each.contact, 0) + (0 if over else 1)
    return verdicts


def _costs(batch: Sequence[Outgoing], account: ProviderAccount, tracked: bool) -> list[Decimal | None]:
    """What each message will cost, None without a price; of a text message every part costs."""
    unit = price(account)
    if unit is None or account.channel != "sms":
        return [unit] * len(batch)
    return [unit * segments(text_of(each, LONGEST_NUMBER, tracked)).parts for each in batch]


def _budget(costs: Sequence[Decimal | None], account: ProviderAccount, left: Decimal) -> tuple[int, str]:
    """How many messages, in their order, the budget pays for, and why the others wait. A budget that cannot be reckoned
    pays for nothing."""
    for place, cost in enumerate(costs):
        if cost is None:
            return place, f"“{account.name}” has no price per message (unitPrice), without which no budget can be kept."
        left -= cost
        if left < 0:
            return place, "The campaign’s budget is used up."
    return len(costs), ""
