"""What the office records by hand: consent that a person gave or withdrew, addresses to leave alone."""

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Invalid, NotFound
from py360.modules.compliance.contacts import writable
from py360.modules.compliance.queries import no_customer, person
from py360.modules.compliance.schemas import ConsentIn, SuppressionIn
from py360.modules.compliance.stops import Suppression, suppress


async def record(session: AsyncSession, caller: Caller, body: ConsentIn) -> int:
    """Write consent down. Rows are only ever added: what was said before stays readable. Raises NotFound."""
    where, said = person(caller, body.customer_id)
    number: int | None = await db.value(
        session,
        "insert into consents (client_id, customer_id, channel, purpose, state, source, evidence, recorded_by)"
        " select p.client_id, p.id, %(channel)s, %(purpose)s, %(state)s, %(source)s, %(evidence)s::jsonb, %(user)s"
        f" from customers_public_contact p where {where} returning id",
        said
        | {
            "channel": body.channel,
            "purpose": body.purpose,
            "state": body.state,
            "source": body.source,
            "evidence": orjson.dumps(body.evidence).decode() if body.evidence else None,
            "user": caller.user_id,
        },
    )
    if number is None:
        raise no_customer(body.customer_id)
    return number


async def suppress_by_hand(session: AsyncSession, caller: Caller, body: SuppressionIn) -> None:
    """Leave an address alone from now on. Raises Invalid when it is no address for the channel."""
    contact = writable(body.channel, body.contact)
    if contact is None:
        raise Invalid(f"“{body.contact}” is not an address for {body.channel}.", code="invalid_contact")
    entry = Suppression(body.channel, contact, "manual", details=body.details, expires_at=body.expires_at)
    await suppress(session, caller.client_id, [entry])


async def lift(session: AsyncSession, caller: Caller, number: int) -> None:
    """Take an address off the suppression list. Raises NotFound."""
    gone = await db.execute(
        session,
        "delete from suppressions where id = %(id)s and client_id = any(%(clients)s)",
        {"id": number, "clients": list(caller.client_ids)},
    )
    if not gone:
        raise NotFound(f"There is no suppression {number}.", code="suppression_not_found")
