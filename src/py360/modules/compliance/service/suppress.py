"""The suppression list: addresses that get no messages. Only this file writes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Invalid, NotFound
from py360.modules.compliance.contacts import contact_key, writable
from py360.modules.compliance.models import Channel
from py360.modules.compliance.schemas import SuppressionIn

SuppressionReason = Literal["hard_bounce", "complaint", "unsubscribe", "stop", "manual"]
_SUPPRESS: Final = sql.read(__file__, "suppress")


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be written to any more (until `expires_at`), and the message that showed it."""

    channel: Channel
    contact: str
    reason: SuppressionReason
    message_id: int | None = None
    details: str | None = None
    expires_at: datetime | None = None
    asked_at: datetime | None = None  # now, when left out


async def suppress(session: AsyncSession, client_id: int, entries: Sequence[Suppression]) -> None:
    """Put addresses on the suppression list. What lasts longer stands; of two that end alike, the weightier reason."""
    if not entries:
        return
    now = resources.current().clock.now()
    await db.execute(
        session,
        _SUPPRESS,
        {
            "client": client_id,
            "now": now,
            "channels": [entry.channel for entry in entries],
            "contacts": [contact_key(entry.channel, entry.contact) for entry in entries],
            "reasons": [entry.reason for entry in entries],
            "messages": [entry.message_id for entry in entries],
            "details": [entry.details for entry in entries],
            "expires": [entry.expires_at for entry in entries],
            "asked": [entry.asked_at or now for entry in entries],
        },
    )


async def suppress_by_hand(session: AsyncSession, caller: Caller, body: SuppressionIn) -> None:
    """Leave an address alone from now on. Raises Invalid when it is no address for the channel."""
    contact = writable(body.channel, body.contact)
    if contact is None:
        raise Invalid(f"“{body.contact}” is not an address for {body.channel}.", code="invalid_contact")
    entry = Suppression(body.channel, contact, "manual", details=body.details, expires_at=body.expires_at)
    await suppress(session, caller.client_id, [entry])


_LIFT: Final = """
with stopped as (
  update suppressions
  set reason = stop_reason, created_at = stopped_at, expires_at = null, message_id = null, details = null
  where id = %(id)s and client_id = any(%(clients)s) and stop_reason <> reason
  returning id
), gone as (
  delete from suppressions
  where id = %(id)s and client_id = any(%(clients)s) and (stop_reason is null or stop_reason = reason)
  returning id
)
select (select count(*) from stopped) as kept, (select count(*) from gone) as lifted
"""


@dataclass(frozen=True, slots=True)
class _Lifted:
    """How many entries became the STOP that lay under them, and how many went."""

    kept: int
    lifted: int


async def lift(session: AsyncSession, caller: Caller, number: int) -> bool:
    """Lift an entry of the suppression list; whether the address may be written to again. Raises NotFound.

    Where the person has asked us to stop as well, that request remains as the entry, and takes another decision to lift.
    """
    params = {"id": number, "clients": list(caller.client_ids)}
    found = await db.fetch_only(session, _Lifted, _LIFT, params)
    if not (found.kept or found.lifted):
        raise NotFound(f"There is no suppression {number}.", code="suppression_not_found")
    return not found.kept
