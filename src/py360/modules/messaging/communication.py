"""The send calls of the specification: one message to one person, through the door."""

from typing import Any

from py360.kit import db, ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, NotFound
from py360.modules.compliance import api as compliance
from py360.modules.messaging.casevalues import case_values
from py360.modules.messaging.errors import BadContact
from py360.modules.messaging.messages import Channel, Outgoing, Sent
from py360.modules.messaging.schemas import EmailIn, TextIn
from py360.modules.messaging.sending import send_one
from py360.modules.messaging.templates import find
from py360.modules.messaging.variables import fold_values, write_text


async def send(caller: Caller, channel: Channel, body: TextIn | EmailIn) -> Sent:
    """Send one message for a caller.

    Raises Invalid (`invalid_contact`), NotFound (template, case), Conflict with the door's reason or `not_sent` when the
    vendor refused for good, TooMany, Unavailable.
    """
    contact = compliance.writable(channel, body.to)
    if contact is None:
        raise BadContact(channel, body.to)
    parameters = {name: write_text(name, str(value)) for name, value in fold_values(body.parameters).items()}
    async with db.unit_of_work() as session:
        template = (
            await find(session, caller.client_id, body.template_id, channel) if body.template_id is not None else None
        )
        case = await _case(session, caller, body.case_id) if body.case_id is not None else None
        values = (await case_values(session, [case["id"]])).get(case["id"], {}) if case else {}
    sent = await send_one(
        Outgoing(
            client_id=case["client_id"] if case else caller.client_id,
            channel=channel,
            contact=contact,
            purpose=template.purpose if template else "service",
            template=template,
            values={**values, **parameters},
            subject=body.subject if isinstance(body, EmailIn) else None,
            body=body.body if isinstance(body, EmailIn) else body.message,
            customer_id=case["customer_id"] if case else None,
            case_id=case["id"] if case else None,
            sent_by=caller.user_id,
        ),
        body.provider_id,
    )
    if sent.status in {"failed", "bounced"}:
        raise Conflict(
            f"The message was not sent: {sent.error_message}",
            code="not_sent",
            details=[{"field": "to", "message": sent.code}],
        )
    return sent


async def _case(session: Any, caller: Caller, ref: str | int) -> db.Row:
    """The case within the caller's reach. Raises NotFound."""
    within, params = reach_filter(caller, "c")
    text = str(ref).strip()
    row = await db.one(
        session,
        f"select c.id, c.client_id, c.customer_id from cases_public_case c where {within}"
        " and (c.case_number = %(text)s or c.id = %(number)s)",
        {**params, "text": text, "number": int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None},
    )
    if row is None:
        raise NotFound(f"There is no case “{text[:60]}”.", code="case_not_found")
    return row


def shown(channel: Channel, sent: Sent) -> dict[str, Any]:
    """The answer of a send call."""
    return {
        "messageId": sent.code or ids.code(channel, sent.message_id),
        "status": sent.status,
        "cost": sent.cost,
        "timestamp": sent.at,
    }
