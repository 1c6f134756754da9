"""Writing to the customer about an instalment, through the one send gate.

Three steps (docs/architecture.md, rule 2): the reminder is written down with a fresh payment link, the message is sent in no transaction, what
became of it is recorded.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Problem
from py360.kit.money import format_inr
from py360.modules.cases import api as cases
from py360.modules.messaging import api as messaging
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.balance import Balance, Part, balance, lock, within_reach
from py360.modules.payments.instalments.find import find
from py360.modules.payments.pages.page import Language, text
from py360.modules.payments.service import links
from py360.modules.templates.api import Channel

_CONTACT: Final = """
select full_name, email, phone, preferred_language from customers_public_contact where id = %(id)s
"""
_NOTE: Final = """
insert into payment_reminders (client_id, case_id, outstanding_id, due_date, step, channel, requested_by)
values (%(client_id)s, %(case_id)s, %(number)s, %(due_date)s, 'manual', %(channel)s, %(user_id)s) returning id
"""
_DONE: Final = """
update payment_reminders set status = %(status)s::varchar, channel = %(channel)s, message_id = %(message_id)s, error = %(error)s,
  sent_at = case when %(status)s::varchar in ('sent', 'unknown') then %(now)s::timestamptz end
where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Contact:
    """How the customer is reached."""

    full_name: str
    email: str | None
    phone: str | None
    preferred_language: str | None

    def on(self, channel: Channel) -> str | None:
        """Their address on a channel."""
        return self.email if channel == "email" else self.phone


@dataclass(frozen=True, slots=True)
class Reminder:
    """A reminder that is written down, and the message to send."""

    id: int
    case_id: int
    outgoing: messaging.Outgoing


async def remind(caller: Caller, case_id: int, instalment: str, channel: Channel) -> tuple[int, messaging.Sent]:
    """Remind the customer of an instalment; the reminder's number and what became of the message. Outside any transaction.

    Raises NotFound, Conflict (`nothing_due`, `case_closed`, `no_contact`, the send gate's reason) and what messaging raises.
    """
    async with unit_of_work() as session:
        await within_reach(session, caller, case_id)
        await lock(session, [case_id])
        case = await balance(session, case_id)
        part = find(case, instalment)
        remaining = part.instalment.amount - case.paid().get(part.instalment.id, ZERO)
        if not case.is_open:
            raise Conflict(f"{case.case_number} is closed: nothing is due.", code="case_closed")
        if remaining <= 0:
            raise Conflict(f"This instalment of {case.case_number} is paid.", code="nothing_due")
        contact = await contact_of(session, case)
        if not contact.on(channel):
            kind = "e-mail address" if channel == "email" else "phone number"
            raise Conflict(f"The customer of {case.case_number} has no {kind}.", code="no_contact")
        params: dict[str, object] = {
            "client_id": case.client_id, "case_id": case_id, "number": part.instalment.id, "channel": channel,
            "due_date": part.instalment.due_date, "user_id": caller.user_id,
        }  # fmt: skip
        number = await db.fetch_only(session, int, _NOTE, params)
        outgoing = await compose(session, case, part, remaining, contact, channel, caller.user_id)
    return number, await send(Reminder(number, case_id, outgoing), caller.user_id)


async def contact_of(session: AsyncSession, case: Balance) -> Contact:
    """The customer's addresses."""
    return await db.fetch_only(session, Contact, _CONTACT, {"id": case.customer_id})


async def compose(
    session: AsyncSession,
    case: Balance,
    part: Part,
    remaining: Decimal,
    contact: Contact,
    channel: Channel,
    sent_by: int | None = None,
) -> messaging.Outgoing:
    """The message in the customer's language, with a payment link that asks for what is left of the instalment."""
    address = contact.on(channel) or ""
    now = resources.current().clock.now()
    made = await links.make(session, [messaging.LinkRequest(case.case_id, case.client_id, address, remaining)], now)
    translate = text(Language.of(contact.preferred_language))
    values = {
        "amount": format_inr(remaining),
        "policy": case.policy_number,
        "day": f"{part.instalment.due_date:%d/%m/%Y}",
        "url": links.url(made[case.case_id]),
    }
    return messaging.Outgoing(
        client_id=case.client_id,
        channel=channel,
        contact=address,
        subject=translate("Your instalment of policy %(policy)s") % values if channel == "email" else None,
        body=translate(_sentence(part.instalment.due_date, resources.current().clock.today())) % values,
        customer_id=case.customer_id,
        case_id=case.case_id,
        sent_by=sent_by,
    )


def _sentence(due: date, today: date) -> str:
    if due < today:
        return "%(amount)s for policy %(policy)s was due on %(day)s and is not paid yet. Pay here: %(url)s"
    return "%(amount)s for policy %(policy)s is due on %(day)s. Pay here: %(url)s"


async def send(reminder: Reminder, user_id: int | None = None, *, again: bool = False) -> messaging.Sent:
    """Send it and record what became of it. Raises what messaging raises, recorded too; what must wait waits, with `again`."""
    try:
        sent = await messaging.send_one(reminder.outgoing)
    except Problem as problem:
        status = "pending" if again and problem.status == 429 else "failed" if problem.status == 503 else "refused"
        await _record(reminder, status, None, problem.message)
        raise
    status = {"failed": "failed", "bounced": "failed", "unknown": "unknown"}.get(sent.status, "sent")
    await _record(reminder, status, sent.message_id, sent.error_message)
    if status != "failed":
        async with unit_of_work() as session:
            channel = reminder.outgoing.channel
            await cases.note_contacts(session, [reminder.case_id], channel, "Instalment reminder Sent", user_id=user_id)
    return sent


async def _record(reminder: Reminder, status: str, message_id: int | None, error: str | None) -> None:
    params = {
        "id": reminder.id, "status": status, "channel": reminder.outgoing.channel, "message_id": message_id, "error": error,
        "now": resources.current().clock.now(),
    }  # fmt: skip
    async with unit_of_work() as session:
        await db.execute(session, _DONE, params)
