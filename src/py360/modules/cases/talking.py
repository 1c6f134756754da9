"""Writing to the customer of a case: one service message at a time, through messaging's door.

No transaction is open while the vendor is called (house law 2): a link is made in one, the message travels, and the
history is written in another.
"""

import re
from typing import Any, Final

from py360.kit import db
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict
from py360.modules.cases.announcing import announce
from py360.modules.cases.contacting import note_contacts
from py360.modules.cases.queries.details import not_found
from py360.modules.messaging import api as messaging
from py360.modules.settings import api as settings
from py360.modules.templates import api as templates

PLACEHOLDER: Final = re.compile(r"\[\s*payment\s*link\s*\]", re.IGNORECASE)

_WHOM: Final = """
select c.id, c.case_number, c.client_id, c.customer_id, c.is_open, c.policy_number, u.email, u.phone
from cases_public_case c join customers_public_contact u on u.id = c.customer_id
where c.id = %(id)s and {within}
"""


async def write_to(
    caller: Caller,
    case_id: int,
    *,
    channel: templates.Channel,
    text: str,
    what: str,
    subject: str | None = None,
    link: bool = False,
    quick: bool = False,
) -> dict[str, Any]:
    """Send a text to the case's customer; the answer of the wire.

    `[Payment Link]` in the text becomes a fresh link; `link` adds one when the text has no place for it. Raises NotFound,
    Conflict (`quick_off` where the office wants no `quick` messages, no such contact, case closed, refused at the door with its reason) and what messaging raises.
    """
    case = await _whom(caller, case_id)
    if quick:
        await _check_quick(case["client_id"])
    contact = case["email"] if channel == "email" else case["phone"]
    if not contact:
        kind = "e-mail address" if channel == "email" else "phone number"
        raise Conflict(f"The customer of {case['case_number']} has no {kind}.", code="no_contact")
    body = await _with_link(case, contact, text, link)
    sent = await messaging.send_one(
        messaging.Outgoing(
            client_id=case["client_id"],
            channel=channel,
            contact=contact,
            subject=(subject or f"Your policy {case['policy_number']}") if channel == "email" else None,
            body=body,
            customer_id=case["customer_id"],
            case_id=case_id,
            sent_by=caller.user_id,
        )
    )
    if sent.status in ("failed", "bounced"):
        raise Conflict(f"The message was not sent: {sent.error_message}", code="not_sent")
    async with db.unit_of_work() as session:
        await note_contacts(session, [case_id], channel, what, user_id=caller.user_id)
        await announce(session, [case_id])
    return _answer(case, channel, sent)


def _answer(case: db.Row, channel: templates.Channel, sent: messaging.Sent) -> dict[str, Any]:
    unknown = sent.status == "unknown"
    return {
        "caseId": case["case_number"],
        "messageId": sent.code,
        "channel": channel,
        "status": sent.status,
        "message": "It is not known whether the message left." if unknown else "The message is on its way.",
    }


async def _whom(caller: Caller, case_id: int) -> db.Row:
    within, params = reach_filter(caller)
    async with db.unit_of_work() as session:
        case = await db.one(session, _WHOM.format(within=within), {**params, "id": case_id})
    if case is None:
        raise not_found(case_id)
    return case


async def _check_quick(client_id: int) -> None:
    async with db.unit_of_work() as session:
        if not (await settings.get(session, client_id, settings.Renewals)).quick_messaging_enabled:
            raise Conflict("Quick messages are switched off under Settings, Renewals.", code="quick_off")


async def _with_link(case: db.Row, contact: str, text: str, link: bool) -> str:
    """The text with a fresh payment link in its place, when it wants one."""
    if not (link or PLACEHOLDER.search(text)):
        return text
    if not case["is_open"]:
        raise Conflict(f"{case['case_number']} is closed: there is nothing to pay.", code="case_closed")
    async with db.unit_of_work() as session:
        address = await messaging.payment_link(session, messaging.LinkRequest(case["id"], case["client_id"], contact))
    if PLACEHOLDER.search(text):
        return PLACEHOLDER.sub(lambda _: address, text)
    return f"{text}\n{address}"
