"""The send calls of the specification: one message to one person, through the send gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Conflict, NotFound
from py360.modules.compliance import api as compliance
from py360.modules.messaging.delivery.dispatch import send_one
from py360.modules.messaging.errors import BadContact
from py360.modules.messaging.messages import Outgoing
from py360.modules.messaging.payment_links import LinkRequest, payment_link
from py360.modules.messaging.schemas import EmailIn, TextIn
from py360.modules.messaging.views import MessageSent, MessageWarningView
from py360.modules.templates.api import (
    Channel,
    Template,
    canonical,
    case_values,
    client_values,
    compile,
    find,
    fold_values,
    write,
    write_text,
)

LINK: Final = "payment_link"
FILLED: Final = frozenset({"unsubscribe_link"})  # by the sending itself, for each message


async def send(caller: Caller, channel: Channel, body: TextIn | EmailIn) -> MessageSent:
    """Send one message for a caller; the answer of the send calls. With a case, its values and a fresh payment link are filled in.

    Raises Invalid (`invalid_contact`), NotFound (template, case), Conflict with the send gate's reason or `not_sent` when the
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
        client_id = case.client_id if case else caller.client_id
        values = await client_values(session, client_id)
        if case is not None:
            values |= (await case_values(session, [case.id])).get(case.id, {})
        if case is not None and case.is_open and _wants_link(template, parameters):
            values[LINK] = await payment_link(session, LinkRequest(case.id, client_id, contact))
    outgoing = Outgoing(
        client_id=client_id,
        channel=channel,
        contact=contact,
        purpose=template.purpose if template else "service",
        template=template,
        values=values | parameters,
        subject=body.subject if isinstance(body, EmailIn) else None,
        body=body.body if isinstance(body, EmailIn) else body.message,
        customer_id=case.customer_id if case else None,
        case_id=case.id if case else None,
        sent_by=caller.user_id,
    )
    warnings = _warnings(outgoing, body.parameters)
    sent = await send_one(outgoing, body.provider_id)
    if sent.status in {"failed", "bounced"}:
        raise Conflict(
            f"The message was not sent: {sent.error_message}",
            code="not_sent",
            details=[{"field": "to", "message": sent.code}],
        )
    if sent.status == "unknown":
        sentence = f"{sent.error_message} Look it up at the vendor before you send it again."
        warnings.append({"field": "status", "message": sentence})
    answer: MessageSent = {"messageId": sent.code, "status": sent.status, "cost": sent.cost, "timestamp": sent.at}
    return {**answer, "warnings": warnings} if warnings else answer


def _wants_link(template: Template | None, parameters: Mapping[str, str]) -> bool:
    return template is not None and LINK in compile(template).variables and not parameters.get(LINK)


def _warnings(outgoing: Outgoing, given: Mapping[str, object]) -> list[MessageWarningView]:
    """The values that are missing, and the parameters that the template does not use (misspelled ones)."""
    if outgoing.template is None:
        return []
    compiled = compile(outgoing.template)
    own = compiled.variables
    empty = [name for name in compiled.needed if name not in FILLED and not write(outgoing.values.get(name)).strip()]
    unused = [name for name in given if canonical(name) not in own]
    findings = [(name, "has no value and is left empty") for name in empty]
    findings += [(name, "is not used by this template") for name in unused]
    return [{"field": f"parameters.{name}", "message": message} for name, message in findings]


@dataclass(frozen=True, slots=True)
class _Case:
    """The case that a message is about."""

    id: int
    client_id: int
    customer_id: int
    is_open: bool


async def _case(session: AsyncSession, caller: Caller, ref: str | int) -> _Case:
    """The case within the caller's reach. Raises NotFound."""
    within, params = reach_filter(caller, "c")
    text = str(ref).strip()
    row = await db.fetch_one(
        session,
        _Case,
        f"select c.id, c.client_id, c.customer_id, c.is_open from cases_public_case c where {within}"
        " and (c.case_number = %(text)s or c.id = %(number)s)",
        {**params, "text": text, "number": ids.bare_number(text)},
    )
    if row is None:
        raise NotFound(f"There is no case “{text[:60]}”.", code="case_not_found")
    return row
