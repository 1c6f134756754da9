"""The notice before a debit: at least 24 hours ahead, through the send gate, kept with its text and proof.

RBI (Processing of e-mandate for recurring transactions, 21 August 2019 and later): the notice names the merchant, the amount,
the day, the reference and the reason of the debit, and the customer may stop this debit or the mandate. Where it cannot be
sent, nothing is debited.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from py360.kit import db, resources
from py360.kit.clock import INDIA
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid, TooMany, Unavailable
from py360.kit.ids import code
from py360.kit.money import format_inr
from py360.modules.cases import api as cases
from py360.modules.messaging import api as messaging
from py360.modules.payments import notices
from py360.modules.payments.balance import balance
from py360.modules.payments.instalments.remind import Contact, contact_of
from py360.modules.payments.mandates.stored import lock, page_url
from py360.modules.payments.pages.page import Language, text
from py360.modules.templates.api import Channel

AHEAD: Final = timedelta(hours=24)
BATCH: Final = 100
_CLAIM: Final = """
update mandate_debits set status = 'notifying', claimed_at = %(now)s where id in (
  select d.id from mandate_debits d join payment_mandates m on m.id = d.mandate_id
  where d.status = 'planned' and d.id > %(after)s and d.debit_on <= %(until)s and m.status = 'active' and m.paused_at is null
  order by d.id limit %(limit)s for update of d skip locked)
returning id, mandate_id, case_id, amount, debit_on
"""
_NOTIFIED: Final = """
update mandate_debits set status = 'notified', notice_message_id = %(message_id)s, notice_text = %(text)s,
  notice_sent_at = %(now)s, debit_on = %(debit_on)s, claimed_at = null
where id = %(id)s and status = 'notifying'
"""
_GIVE_BACK: Final = (
    "update mandate_debits set status = 'planned', claimed_at = null where id = %(id)s and status = 'notifying'"
)
_REFUSE: Final = """
update mandate_debits set status = 'refused', reason = %(reason)s, finished_at = %(now)s, claimed_at = null
where id = %(id)s and status = %(status)s returning id
"""
_LEFT_BEHIND: Final = """
select id, mandate_id, case_id, amount, debit_on from mandate_debits
where status = 'notifying' and claimed_at < %(before)s order by id
"""
_INSURER: Final = "select client_name from identity_public_client where id = %(client_id)s"
CLAIMED_FOR: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A debit whose notice is about to leave."""

    id: int
    mandate_id: int
    case_id: int
    amount: Decimal
    debit_on: date


@dataclass(frozen=True, slots=True)
class Notice:
    """The words of a notice and to whom it goes."""

    contact: Contact
    client_id: int
    customer_id: int
    subject: str
    text: str
    debit_on: date


async def send_notices() -> None:
    """Send the notices of the debits whose time has come; what must wait (hours, limits) stays for the next run."""
    now, after = resources.current().clock.now(), 0
    async with unit_of_work() as session:
        left = await db.fetch_all(session, Claimed, _LEFT_BEHIND, {"before": now - CLAIMED_FOR})
    for each in left:  # never sent again: the customer would expect two debits
        await refuse(each, "It is not known whether the notice left.", "notifying")
    until = resources.current().clock.today() + timedelta(days=10)
    while True:
        async with unit_of_work() as session:
            params = {"after": after, "until": until, "limit": BATCH, "now": now}
            claimed = await db.fetch_all(session, Claimed, _CLAIM, params)
        if not claimed:
            return
        after = max(each.id for each in claimed)
        for each in sorted(claimed, key=lambda row: row.id):
            await _send_one(each)


async def _send_one(debit: Claimed) -> None:
    notice = await _compose(debit)
    addresses: list[tuple[Channel, str | None]] = [("sms", notice.contact.phone), ("email", notice.contact.email)]
    reason = "The customer has no e-mail address and no phone number."
    for channel, address in addresses:
        if not address:
            continue
        try:
            sent = await messaging.send_one(_outgoing(debit, notice, channel, address))
        except (Conflict, Invalid) as refused:
            reason = refused.message
            continue
        except (TooMany, Unavailable):  # it surely did not leave
            async with unit_of_work() as session:
                await db.execute(session, _GIVE_BACK, {"id": debit.id})
            return
        if sent.status in ("failed", "bounced"):
            reason = sent.error_message or "The notice did not arrive."
            continue
        if sent.status == "unknown":
            reason = "It is not known whether the notice left."
            break
        await _record(debit, notice, channel, sent)
        return
    await refuse(debit, reason, "notifying")


async def _compose(debit: Claimed) -> Notice:
    """The notice in the customer's language. The day is at least 24 hours from now."""
    async with unit_of_work() as session:
        case = await balance(session, debit.case_id)
        contact = await contact_of(session, case)
        insurer = await db.fetch_only(session, str, _INSURER, {"client_id": case.client_id})
    earliest = (resources.current().clock.now() + AHEAD).astimezone(INDIA).date()
    debit_on = max(debit.debit_on, earliest)
    translate = text(Language.of(contact.preferred_language))
    values = {
        "insurer": insurer,
        "amount": format_inr(debit.amount),
        "policy": case.policy_number,
        "day": f"{debit_on:%d/%m/%Y}",
        "reference": code("mandate", debit.mandate_id),
        "url": page_url(debit.mandate_id),
    }
    subject = translate("%(amount)s will be debited on %(day)s") % values
    words = translate(
        "%(insurer)s will debit %(amount)s on %(day)s for the premium of policy %(policy)s, as you authorised (%(reference)s). To"
        " stop this debit or all of them: %(url)s"
    )
    return Notice(contact, case.client_id, case.customer_id, subject, words % values, debit_on)


def _outgoing(debit: Claimed, notice: Notice, channel: Channel, address: str) -> messaging.Outgoing:
    return messaging.Outgoing(
        client_id=notice.client_id,
        channel=channel,
        contact=address,
        purpose="transactional",
        subject=notice.subject if channel == "email" else None,
        body=notice.text,
        customer_id=notice.customer_id,
        case_id=debit.case_id,
    )


async def _record(debit: Claimed, notice: Notice, channel: Channel, sent: messaging.Sent) -> None:
    params = {
        "id": debit.id, "message_id": sent.message_id, "text": notice.text, "debit_on": notice.debit_on,
        "now": resources.current().clock.now(),
    }  # fmt: skip
    async with unit_of_work() as session:
        if await db.execute(session, _NOTIFIED, params):
            await cases.note_contacts(session, [debit.case_id], channel, "Debit notice Sent", user_id=None)


async def refuse(debit: Claimed, reason: str, status: str) -> None:
    """The customer was not notified: nothing is debited, and a person is told."""
    async with unit_of_work() as session:
        await lock(session, [debit.mandate_id])
        params = {"id": debit.id, "reason": reason[:500], "status": status, "now": resources.current().clock.now()}
        if await db.fetch_one(session, int, _REFUSE, params) is None:
            return
        case = await balance(session, debit.case_id)
        sentence = (
            f"{format_inr(debit.amount)} of {case.case_number} is not debited: the customer could not be notified"
            f" ({reason.rstrip('.')}). Correct the contact and plan the debit again, or take the payment another way."
        )
        await notices.warn(session, case, None, "Debit not announced", sentence)
