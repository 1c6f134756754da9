"""Writing to the customer of a case: one service message at a time, through messaging's send gate.

No transaction is open while the vendor is called (docs/architecture.md, rule 2): a payment link is made in one, the message is sent, and the
history is written in another.
"""

import re
from dataclasses import dataclass
from typing import Final

from py360.kit import db
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.queries.reach import case_not_found
from py360.modules.cases.service.contact import note_contacts
from py360.modules.cases.views import CaseMessageView
from py360.modules.messaging import api as messaging
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates

PLACEHOLDER: Final = re.compile(r"\[\s*payment\s*link\s*\]", re.IGNORECASE)

_RECIPIENT: Final = """
select c.id, c.case_number, c.client_id, c.customer_id, c.is_open, c.policy_number, u.email, u.phone
from cases_public_case c join customers_public_contact u on u.id = c.customer_id
where c.id = %(id)s and {within}
"""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The customer of a case, and how to reach them."""

    id: int
    case_number: str
    client_id: int
    customer_id: int
    is_open: bool
    policy_number: str
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that was sent, or may have been sent (`unknown`)."""

    case_number: str
    channel: templates.Channel
    sent: messaging.Sent

    def to_public(self) -> CaseMessageView:
        """The API's answer."""
        unknown = self.sent.status == "unknown"
        return {
            "caseId": self.case_number,
            "messageId": self.sent.code,
            "channel": self.channel,
            "status": self.sent.status,
            "message": "It is not known whether the message was sent." if unknown else "The message is on its way.",
        }


async def send_message(
    caller: Caller,
    case_id: int,
    *,
    channel: templates.Channel,
    text: str,
    action: str,
    subject: str | None = None,
    link: bool = False,
    quick: bool = False,
) -> SentMessage:
    """Send a text to the case's customer; `action` is the line of the history.

    `[Payment Link]` in the text becomes a fresh link; `link` adds one when the text has no place for it. Raises NotFound,
    Conflict (`quick_off` where the office wants no `quick` messages, no such contact, case closed, refused by the send gate
    with its reason) and what messaging raises.
    """
    recipient = await _recipient(caller, case_id)
    if quick:
        await _check_quick(recipient.client_id)
    contact = recipient.email if channel == "email" else recipient.phone
    if not contact:
        kind = "e-mail address" if channel == "email" else "phone number"
        raise Conflict(f"The customer of {recipient.case_number} has no {kind}.", code="no_contact")
    body = await _with_link(recipient, contact, text, link)
    sent = await messaging.send_one(
        messaging.Outgoing(
            client_id=recipient.client_id,
            channel=channel,
            contact=contact,
            subject=(subject or f"Your policy {recipient.policy_number}") if channel == "email" else None,
            body=body,
            customer_id=recipient.customer_id,
            case_id=case_id,
            sent_by=caller.user_id,
        )
    )
    if sent.status in ("failed", "bounced"):
        raise Conflict(f"The message was not sent: {sent.error_message}", code="not_sent")
    async with db.unit_of_work() as session:
        await note_contacts(session, [case_id], channel, action, user_id=caller.user_id)
        await push_live_update(session, [case_id])
    return SentMessage(recipient.case_number, channel, sent)


async def _recipient(caller: Caller, case_id: int) -> Recipient:
    within, params = reach_filter(caller)
    async with db.unit_of_work() as session:
        recipient = await db.fetch_one(session, Recipient, _RECIPIENT.format(within=within), {**params, "id": case_id})
    if recipient is None:
        raise case_not_found(case_id)
    return recipient


async def _check_quick(client_id: int) -> None:
    async with db.unit_of_work() as session:
        if not (await settings.get(session, client_id, settings.Renewals)).quick_messaging_enabled:
            raise Conflict("Quick messages are switched off under Settings, Renewals.", code="quick_off")


async def _with_link(recipient: Recipient, contact: str, text: str, link: bool) -> str:
    """The text with a fresh payment link in its place, when it wants one."""
    if not (link or PLACEHOLDER.search(text)):
        return text
    if not recipient.is_open:
        raise Conflict(f"{recipient.case_number} is closed: nothing is due.", code="case_closed")
    async with db.unit_of_work() as session:
        request = messaging.LinkRequest(recipient.id, recipient.client_id, contact)
        address = await messaging.payment_link(session, request)
    if PLACEHOLDER.search(text):
        return PLACEHOLDER.sub(lambda _: address, text)
    return f"{text}\n{address}"
