"""The way out: transports kept open per account, the ledger after them, and the three steps of a single message."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources, vendor
from py360.kit.errors import Conflict, Invalid, TooMany, Unavailable
from py360.modules.compliance import api as compliance
from py360.modules.messaging import opt_outs
from py360.modules.messaging.delivery import ledger
from py360.modules.messaging.delivery.gate import admit
from py360.modules.messaging.delivery.hand_over import BatchHandOver, HandOverLog
from py360.modules.messaging.messages import (
    ACCOUNT_REFUSED,
    Admitted,
    Deferred,
    Delivery,
    Outgoing,
    Refused,
    SendGuard,
    Sent,
)
from py360.modules.messaging.vendors.base import Transport
from py360.modules.messaging.vendors.meta import MetaTransport
from py360.modules.messaging.vendors.smtp import SmtpTransport
from py360.modules.messaging.vendors.twilio import TwilioTransport
from py360.modules.providers import api as providers
from py360.modules.providers.api import ProviderAccount, VendorNotAvailable, VendorSettings
from py360.modules.providers.api import account as choose_account
from py360.modules.templates.api import count_use

TRANSPORTS: Final[Mapping[str, Callable[[ProviderAccount], Transport]]] = {
    "smtp": SmtpTransport,
    "mailgun": SmtpTransport,
    "sendgrid": SmtpTransport,
    **dict.fromkeys(("gmail", "outlook", "yahoo", "custom"), SmtpTransport),  # mailboxes
    "twilio": TwilioTransport,
    "meta": MetaTransport,
}
WRONG_INPUT: Final = frozenset({"invalid_contact", "dlt_unmatched"})  # the request is at fault, not the person


def always(admitted: Admitted) -> bool:
    """The guard of messages that are never withheld."""
    return True


class Logged:
    """A transport whose every batch leaves a line in the outgoing-call log."""

    def __init__(self, account: ProviderAccount, inner: Transport) -> None:
        self._account = account
        self._inner = inner
        self._log = HandOverLog()

    async def send(self, batch: Sequence[Admitted], may_send: SendGuard = always) -> list[Delivery]:
        """Send a batch; one delivery per message, in order. A vendor's failure is an answer, never an exception.

        Each message is handed over in the ledger right before it leaves, and `may_send` is asked again then.
        """
        if not batch:
            return []
        hand_over = BatchHandOver(self._log, may_send)
        async with vendor.call(self._account.type, "send", self._account.id or None, items=len(batch)) as call:
            deliveries = await self._inner.send(batch, hand_over)
            call.items -= sum(each.status == "withheld" for each in deliveries)
        recorded = hand_over.recorded
        return [replace(each, is_recorded=True) if each.message_id in recorded else each for each in deliveries]

    async def check(self) -> str:
        """Test the account."""
        async with vendor.call(self._account.type, "check", self._account.id or None):
            return await self._inner.check()

    async def close(self) -> None:
        """Give the connections back."""
        await self._inner.close()


_open: dict[tuple[int, int], tuple[VendorSettings, Logged]] = {}


def make(account: ProviderAccount) -> Logged:
    """A transport of one's own, for a test of an account. Raises VendorNotAvailable for a vendor that is not wired up yet."""
    kind = TRANSPORTS.get(account.type)
    if kind is None:
        raise VendorNotAvailable(f"Messages cannot be sent through {account.type} yet: choose another account.")
    return Logged(account, kind(account))


def transport(account: ProviderAccount) -> Logged:
    """The account's transport; the same object while its configuration stands. Closed with the process's resources."""
    loop = asyncio.get_running_loop()
    key = (id(loop), account.id)
    mark = account.settings
    known = _open.get(key)
    if known and known[0] == mark:
        return known[1]
    fresh = make(account)
    _open[key] = (mark, fresh)

    async def close() -> None:
        if _open.get(key) == (mark, fresh):
            del _open[key]  # the next loop may have the same id
        await fresh.close()

    resources.current().closing.append(close)  # one with an old configuration too: a batch may be using it until then
    return fresh


async def check(account: ProviderAccount) -> str:
    """Test an account at its vendor: one sentence. Raises VendorError, VendorNotAvailable."""
    fresh = make(account)
    try:
        return await fresh.check()
    finally:
        await fresh.close()


async def record(session: AsyncSession, account: ProviderAccount, deliveries: Sequence[Delivery]) -> None:
    """Write what vendors reported into the ledger (forward only); addresses that do not exist become suppressed, and whoever
    asked the vendor to stop is opted out here, too."""
    if not deliveries:
        return
    assert all(each.status != "withheld" for each in deliveries)  # keep_back is for them
    now = resources.current().clock.now()
    await ledger.apply(
        session,
        [
            ledger.News(
                each.status,
                now,
                message_id=each.message_id,
                vendor_message_id=each.vendor_message_id,
                error_code=each.error_code,
                error_message=each.error_message,
                cost=each.cost,
                unsubscribed=each.opted_out,
            )
            for each in deliveries
            if not each.is_recorded
        ],
    )
    gone = [
        compliance.Suppression(
            each.outgoing.channel, each.outgoing.contact, "hard_bounce", each.message_id, each.error_message
        )
        for each in deliveries
        if each.status == "bounced"
    ]
    await compliance.suppress(session, account.client_id, gone)
    for each in deliveries:
        if each.opted_out:
            channel, contact = each.outgoing.channel, each.outgoing.contact
            await opt_outs.stop(session, account.client_id, channel, contact, "vendor", each.message_id, now)
    await providers.mark_used(session, account.id, now)
    used = Counter(each.outgoing.template.id for each in deliveries if each.outgoing.template)
    for template_id, messages in sorted(used.items()):  # last: every batch of a campaign waits for this one row
        await count_use(session, template_id, messages)


async def keep_back(session: AsyncSession, deliveries: Sequence[Delivery]) -> None:
    """Messages that surely did not leave and will be asked for again: the ledger has them as `blocked`, with the reason."""
    await ledger.keep_back(
        session,
        [
            (each.message_id, each.error_code or "withheld", each.error_message or "Withheld before it left.")
            for each in deliveries
        ],
    )


async def send_one(outgoing: Outgoing, provider_id: int | None = None) -> Sent:
    """Send gate, vendor and ledger for one message, in transactions of its own: call it outside any.

    Raises Conflict (no usable account, the send gate's reason, or `account_refused`: the vendor refuses the account), Invalid
    (the address or the text is at fault), TooMany (it must wait), VendorNotAvailable and Unavailable (the vendor is away).
    `failed`, `bounced` and `unknown` are answers, not errors.
    """
    async with db.unit_of_work() as session:
        sender = await choose_account(session, outgoing.client_id, outgoing.channel, provider_id)
        carrier = transport(sender)  # before the ledger says `sending`
        (decision,) = await admit(session, [outgoing], sender, keep_texts=True)
    if isinstance(decision, Refused):
        kind = Invalid if decision.reason in WRONG_INPUT else Conflict
        code = ids.code(outgoing.channel, decision.message_id)
        detail = {"field": "to", "message": decision.message, "messageId": code}
        raise kind(decision.message, code=decision.reason, details=[detail])
    if isinstance(decision, Deferred):
        wait = max(1, int((decision.until - resources.current().clock.now()).total_seconds()))
        raise TooMany(decision.message, code=decision.reason, headers={"Retry-After": str(wait)})
    (delivery,) = await carrier.send([decision])
    async with db.unit_of_work() as session:
        if delivery.status == "withheld":
            await keep_back(session, [delivery])
        else:
            await record(session, sender, [delivery])
    if delivery.error_code == ACCOUNT_REFUSED:
        raise Conflict(f"The message was not sent. {delivery.error_message}", code=ACCOUNT_REFUSED)
    if delivery.retry:
        raise Unavailable(
            f"The message was not sent: {delivery.error_message or 'it waited too long for a connection.'}",
            code="vendor_unavailable",
        )
    return Sent(
        delivery.message_id,
        ids.code(outgoing.channel, delivery.message_id),
        delivery.status,
        delivery.cost,
        resources.current().clock.now(),
        delivery.error_message,
    )
