"""What a customer may do with a payment link: look, pay, ask for a fresh one.

Looking changes nothing that matters: mail scanners and previews open links, too. What the page says about money is what
the ledger says; coming back from the gateway is a reason to ask it, not a proof of payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.crypto import BadToken
from py360.kit.db import unit_of_work
from py360.kit.errors import Problem
from py360.kit.jobs import defer
from py360.modules.messaging import api as messaging
from py360.modules.payments import gateways, notices
from py360.modules.payments.balance import Balance, balance, lock
from py360.modules.payments.gateways import NoGateway
from py360.modules.payments.pages.page import Language, text
from py360.modules.payments.service import links, order
from py360.modules.payments.service.links import Link
from py360.modules.providers.api import ProviderAccount


class State(StrEnum):
    """What the page shows."""

    UNKNOWN = "unknown"  # no link of ours
    PAYABLE = "payable"
    PENDING = "pending"  # begun at the gateway, which has not answered
    PAID = "paid"
    CLOSED = "closed"  # the case is over without a payment
    EXPIRED = "expired"
    SENT_AGAIN = "sent_again"  # a fresh link was sent to the contact on file
    NOT_SENT = "not_sent"  # it could not be sent
    UNAVAILABLE = "unavailable"  # no gateway, or it does not answer
    REFUSED = "refused"  # the gateway does not take this order, now or later


@dataclass(frozen=True, slots=True)
class View:
    """Everything the page may say; the contact and the policy number are masked already."""

    state: State
    token: str
    language: str = "en"
    insurer: str = ""
    customer: str = ""
    policy_number: str = ""
    product: str | None = None
    due_date: date | None = None
    amount: Decimal | None = None
    contact: str = ""
    expires_at: datetime | None = None
    paid_at: datetime | None = None
    reference: str = ""
    checkout_origins: tuple[str, ...] = ()


ASK: Final = "payments.ask_gateway"
WEBHOOK_FIRST: Final = timedelta(seconds=3)  # it mostly comes meanwhile, and then there is nothing to ask
_PEOPLE: Final = """
select u.first_name as customer, u.email, u.phone, u.preferred_language, i.client_name as insurer
from customers_public_contact u join identity_public_client i on i.id = u.client_id where u.id = %(customer_id)s
"""


@dataclass(frozen=True, slots=True)
class _People:
    """The customer and the insurer that the page and the message name."""

    customer: str | None = None
    email: str | None = None
    phone: str | None = None
    preferred_language: str | None = None
    insurer: str = ""


_OPENED: Final = "update payment_links set opened_at = %(now)s where id = %(id)s and opened_at is null"
_AT_GATEWAY: Final = """
select exists (select 1 from payments where case_id = %(case_id)s and status = 'authorized' and provider_id is not null)
  or exists (select 1 from mandate_debits where case_id = %(case_id)s and status = 'presented')
"""
_ASK: Final = """
update payments set next_poll_at = %(now)s
where provider_id = %(provider_id)s and order_id = %(order_id)s and case_id = %(case_id)s returning id
"""
_PROVIDERS: Final = "select distinct provider_id from payments where case_id = %(case_id)s and provider_id is not null"
_REPLACED: Final = "update payment_links set replaced_by = %(by)s where id = %(id)s"


async def look(session: AsyncSession, token: str, query: Mapping[str, str]) -> View:
    """The page for a link as things stand; `query` is what the gateway adds when the customer comes back."""
    try:
        link = await links.read(session, token)
    except BadToken:
        return View(State.UNKNOWN, token)
    await db.execute(session, _OPENED, {"id": link.id, "now": resources.current().clock.now()})
    case = await balance(session, link.case_id)
    state = await _state(session, link, case)
    if state in {State.PAYABLE, State.EXPIRED} and await _comes_back(session, link, query):
        state = State.PENDING
    return await _view(session, link, case, state)


async def pay(token: str) -> order.Checkout | View:
    """Open the order (or the one that is open already); the view to show when there is nothing to pay here."""
    try:
        async with unit_of_work() as session:
            link, case, state = await _locked(session, token)
            if state is not State.PAYABLE:
                return await _view(session, link, case, state)
            plan = await order.plan(session, case, link, payable(link, case))
    except BadToken:
        return View(State.UNKNOWN, token)
    except NoGateway:
        return await _again(token, State.UNAVAILABLE)
    try:
        return await order.open_order(plan)
    except order.GatewayAway:
        return await _again(token, State.UNAVAILABLE)
    except order.GatewayRefused as refused:
        async with unit_of_work() as session:
            await lock(session, [link.case_id])
            title, number = "Online payment refused", case.case_number
            sentence = f"A customer could not pay {number} online. The gateway refused the order: {refused.reason}"
            await notices.warn(session, await balance(session, link.case_id), refused.payment_id, title, sentence)
        return await _again(token, State.REFUSED)


async def send_fresh(token: str) -> View:
    """For an expired link: a new one to the contact on file, once; whoever found an old link does not see the new one."""
    try:
        async with unit_of_work() as session:
            link, case, state = await _locked(session, token)
            if state is not State.EXPIRED:
                return await _view(session, link, case, state)
            people = await _people(session, case)
            contact = _on_file(link, people)
            if not contact:
                return await _view(session, link, case, State.NOT_SENT)
            wanted = messaging.LinkRequest(case.case_id, case.client_id, contact, link.amount)
            made = await links.make(session, [wanted], resources.current().clock.now())
            await db.execute(session, _REPLACED, {"id": link.id, "by": made[case.case_id]})
    except BadToken:
        return View(State.UNKNOWN, token)
    try:
        await messaging.send_one(_message(case, contact, people, links.url(made[case.case_id])))
    except Problem:  # refused by the send gate, or the vendor is away: the reason is in the message ledger
        await _take_back(link)
        return await _again(token, State.NOT_SENT)
    return await _again(token, State.SENT_AGAIN)


async def _locked(session: AsyncSession, token: str) -> tuple[Link, Balance, State]:
    """A link, its case with the money locked, and what may be done with it; raises BadToken."""
    link = await links.read(session, token)
    await lock(session, [link.case_id])
    case = await balance(session, link.case_id)
    return link, case, await _state(session, link, case)


def payable(link: Link, case: Balance) -> Decimal:
    """What the link asks for now: all that is left, or the part it was made for."""
    return case.remaining if link.amount is None else min(link.amount, case.remaining)


async def _people(session: AsyncSession, case: Balance) -> _People:
    return await db.fetch_one(session, _People, _PEOPLE, {"customer_id": case.customer_id}) or _People()


def _on_file(link: Link, people: _People) -> str:
    """Where a fresh link goes: as the old one by e-mail or by SMS, to the customer's address of today."""
    phone, email = people.phone or "", people.email or ""
    return email or phone if "@" in (link.contact or "") else phone or email


async def _state(session: AsyncSession, link: Link, case: Balance) -> State:
    if case.is_paid or case.remaining <= 0:
        return State.PAID
    if not case.is_open:
        return State.CLOSED
    if link.used_at is not None:
        return State.PAID
    if await db.fetch_only(session, bool, _AT_GATEWAY, {"case_id": case.case_id}):
        return State.PENDING
    if resources.current().clock.now() >= link.expires_at:
        return State.EXPIRED if link.replaced_by is None else State.SENT_AGAIN
    return State.PAYABLE


async def _comes_back(session: AsyncSession, link: Link, query: Mapping[str, str]) -> bool:
    """Whether the gateway sent the customer back saying that something was paid; then it is asked unless its webhook comes first."""
    if not query:
        return False
    for provider_id in await db.fetch_all(session, int, _PROVIDERS, {"case_id": link.case_id}):
        account = await gateways.get(session, provider_id)
        order_id = gateways.gateway(account).returned(account, query)
        if order_id is None:
            continue
        now = resources.current().clock.now()
        asked = {"provider_id": account.id, "order_id": order_id, "case_id": link.case_id, "now": now}
        if await db.fetch_one(session, int, _ASK, asked) is not None:
            await defer(session, ASK, schedule_at=now + WEBHOOK_FIRST, queueing_lock=ASK, lock=ASK)
            return True
    return False


async def _account(session: AsyncSession, client_id: int) -> ProviderAccount | None:
    try:
        return await gateways.choose(session, client_id)
    except NoGateway:
        return None


async def _view(session: AsyncSession, link: Link, case: Balance, state: State) -> View:
    people = await _people(session, case)
    account = await _account(session, case.client_id) if state is State.PAYABLE else None
    last = max(case.sources.values(), key=lambda source: source.at, default=None)
    paid = state is State.PAID
    return View(
        state=State.UNAVAILABLE if state is State.PAYABLE and account is None else state,
        token=link.token,
        language=people.preferred_language or "en",
        insurer=people.insurer,
        customer=people.customer or "",
        policy_number=masked_policy(case.policy_number),
        product=case.product,
        due_date=case.due_date,
        amount=case.kept if paid else payable(link, case),
        contact=masked_contact(_on_file(link, people)),
        expires_at=link.expires_at,
        paid_at=last.at if paid and last else None,
        reference=last.reference if paid and last else "",
        checkout_origins=gateways.gateway(account).origins(account) if account else (),
    )


async def _again(token: str, state: State) -> View:
    async with unit_of_work() as session:
        link = await links.read(session, token)
        case = await balance(session, link.case_id)
        return await _view(session, link, case, state)


async def _take_back(link: Link) -> None:
    """The fresh link did not go out: the old one may ask again."""
    async with unit_of_work() as session:
        await db.execute(session, _REPLACED, {"id": link.id, "by": None})


def _message(case: Balance, contact: str, people: _People, url: str) -> messaging.Outgoing:
    """A service message in the customer's language, by e-mail or SMS."""
    translate = text(Language.of(people.preferred_language))
    body = translate("Here is your new link to pay the renewal of policy %(policy)s, valid for 48 hours: %(url)s") % {
        "policy": masked_policy(case.policy_number),
        "url": url,
    }
    return messaging.Outgoing(
        client_id=case.client_id,
        channel="email" if "@" in contact else "sms",
        contact=contact,
        subject=translate("Your new payment link"),
        body=body,
        customer_id=case.customer_id,
        case_id=case.case_id,
    )


def masked_policy(number: str) -> str:
    """A policy number its owner recognises and an unknown person cannot use: the last four characters."""
    return number if len(number) <= 4 else "•" * min(len(number) - 4, 8) + number[-4:]


def masked_contact(contact: str) -> str:
    """`r•••@example.com` or `•••••• 7890`."""
    name, at, domain = contact.partition("@")
    if at:
        return f"{name[:1]}•••@{domain}"
    return f"•••••• {contact[-4:]}" if contact else ""
