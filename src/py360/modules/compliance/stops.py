"""What people, bounces and complaints tell us: suppressions and consents are written here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.compliance.admission import Channel
from py360.modules.compliance.contacts import contact_key

SuppressionReason = Literal["hard_bounce", "complaint", "unsubscribe", "stop", "manual"]
PHONE_CHANNELS: Final[tuple[Channel, ...]] = ("sms", "whatsapp")


@dataclass(frozen=True, slots=True)
class Suppression:
    """An address that must not be written to any more, and the message that showed it."""

    channel: Channel
    contact: str
    reason: SuppressionReason
    message_id: int | None = None
    details: str | None = None


_SUPPRESS: Final = """
insert into suppressions (client_id, channel, contact, reason, message_id, details)
select distinct on (channel, contact) %(client)s, channel, contact, reason, message_id, details
from unnest(%(channels)s::text[], %(contacts)s::text[], %(reasons)s::text[], %(messages)s::bigint[], %(details)s::text[])
  as e (channel, contact, reason, message_id, details)
order by channel, contact
on conflict (client_id, channel, contact) do update
  set reason = excluded.reason, message_id = excluded.message_id, details = excluded.details, expires_at = null,
      created_at = now()
  where suppressions.expires_at <= now() or (excluded.reason = 'hard_bounce' and suppressions.reason <> 'hard_bounce')
"""

_CONSENT: Final = """
insert into consents (client_id, customer_id, channel, purpose, state, source, evidence)
select %(client)s, p.id, channel, purpose, %(state)s::text, %(source)s, jsonb_build_object('message_id', %(message)s::bigint)
from customers_public_contact p, unnest(%(channels)s::text[]) channel, unnest(array['service', 'promotional']) purpose
where p.client_id = %(client)s
  and (case when %(email)s then p.email = %(contact)s else p.phone = %(contact)s end)
  and (%(state)s::text = 'opted_out' or purpose = 'promotional' or exists (
    select 1 from consents o where o.customer_id = p.id and o.channel = channel and o.purpose = 'service'))
"""


async def suppress(session: AsyncSession, client_id: int, entries: Sequence[Suppression]) -> None:
    """Put addresses on the suppression list; the first reason stands, but that an address does not exist outdoes it."""
    if not entries:
        return
    await db.execute(
        session,
        _SUPPRESS,
        {
            "client": client_id,
            "channels": [entry.channel for entry in entries],
            "contacts": [contact_key(entry.channel, entry.contact) for entry in entries],
            "reasons": [entry.reason for entry in entries],
            "messages": [entry.message_id for entry in entries],
            "details": [entry.details for entry in entries],
        },
    )


def _channels(channel: Channel) -> tuple[Channel, ...]:
    return PHONE_CHANNELS if channel in PHONE_CHANNELS else (channel,)


async def opt_out(
    session: AsyncSession, client_id: int, channel: Channel, contact: str, *, source: str, message_id: int | None = None
) -> None:
    """A person said stop: suppress the address and record the opt-out of every customer who has it.

    A phone number is stopped on SMS and WhatsApp together.
    """
    reason: SuppressionReason = "unsubscribe" if channel == "email" else "stop"
    if source == "complaint":
        reason = "complaint"
    entries = [Suppression(each, contact, reason, message_id) for each in _channels(channel)]
    await suppress(session, client_id, entries)
    await _record(session, client_id, channel, contact, "opted_out", source, message_id)


async def opt_in(
    session: AsyncSession, client_id: int, channel: Channel, contact: str, *, source: str, message_id: int | None = None
) -> None:
    """A person said start: lift the suppression by STOP or unsubscribe and record the opt-in."""
    await db.execute(
        session,
        "delete from suppressions where client_id = %(client)s and channel = any(%(channels)s) and contact = %(contact)s"
        " and reason in ('stop', 'unsubscribe')",
        {"client": client_id, "channels": list(_channels(channel)), "contact": contact_key(channel, contact)},
    )
    await _record(session, client_id, channel, contact, "opted_in", source, message_id)


async def _record(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    contact: str,
    state: str,
    source: str,
    message_id: int | None,
) -> None:
    await db.execute(
        session,
        _CONSENT,
        {
            "client": client_id,
            "channels": list(_channels(channel)),
            "email": channel == "email",
            "contact": contact_key(channel, contact),
            "state": state,
            "source": source,
            "message": message_id,
        },
    )


@dataclass(frozen=True, slots=True)
class DncHit:
    """A message the registry stopped."""

    dnc_id: int | None
    channel: Channel
    contact: str
    reason: str
    campaign_id: int | None = None
    case_id: int | None = None
    attempted_by: int | None = None


_DNC_HITS: Final = """
insert into dnc_blocked_messages (client_id, dnc_id, campaign_id, case_number, message_type, recipient_phone,
  recipient_email, reason, attempted_by)
select %(client)s, h.dnc_id, h.campaign_id, c.case_number, h.channel, case when h.channel <> 'email' then h.contact end,
  case when h.channel = 'email' then h.contact end, h.reason, h.attempted_by
from unnest(%(dncs)s::bigint[], %(channels)s::text[], %(contacts)s::text[], %(reasons)s::text[], %(campaigns)s::bigint[],
  %(cases)s::bigint[], %(users)s::bigint[]) as h (dnc_id, channel, contact, reason, campaign_id, case_id, attempted_by)
left join cases_public_case c on c.id = h.case_id
"""


async def note_dnc_blocks(session: AsyncSession, client_id: int, hits: Sequence[DncHit]) -> None:
    """Keep what the registry stopped, for its reports."""
    await db.execute(
        session,
        _DNC_HITS,
        {
            "client": client_id,
            "dncs": [hit.dnc_id for hit in hits],
            "channels": [hit.channel for hit in hits],
            "contacts": [hit.contact for hit in hits],
            "reasons": [hit.reason[:500] for hit in hits],
            "campaigns": [hit.campaign_id for hit in hits],
            "cases": [hit.case_id for hit in hits],
            "users": [hit.attempted_by for hit in hits],
        },
    )
