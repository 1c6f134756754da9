"""What people, bounces and complaints tell us: suppressions and consents are written here and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.compliance.admission import Channel
from py360.modules.compliance.contacts import contact_key

SuppressionReason = Literal["hard_bounce", "complaint", "unsubscribe", "stop", "manual"]
PHONE_CHANNELS: Final[tuple[Channel, ...]] = ("sms", "whatsapp")


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


_SUPPRESS: Final = sql.read(__file__, "suppress")
_CONSENT: Final = """
insert into consents (client_id, customer_id, channel, purpose, state, source, evidence)
select %(client)s, p.id, c.channel, c.purpose, %(state)s::text, %(source)s, jsonb_build_object('message_id', %(message)s::bigint)
from customers_public_contact p cross join (
  select channel, purpose from unnest(%(channels)s::text[]) channel cross join unnest(array['service', 'promotional']) purpose
) c
where p.client_id = %(client)s
  and (case when %(email)s then p.email = %(contact)s else p.phone = %(contact)s end)
  and (%(state)s::text = 'opted_out' or c.purpose = 'promotional' or exists (
    select from consents o where o.customer_id = p.id and o.channel = c.channel and o.purpose = 'service'))
  and %(state)s::text is distinct from (
    select o.state from consents o where o.customer_id = p.id and o.channel = c.channel and o.purpose = c.purpose
    order by o.id desc limit 1)
"""


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


def _channels(channel: Channel) -> tuple[Channel, ...]:
    return PHONE_CHANNELS if channel in PHONE_CHANNELS else (channel,)


async def opt_out(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    contact: str,
    *,
    source: str,
    message_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """A person said stop (at `at`; now): suppress the address and record the opt-out of every customer who has it.

    A phone number is stopped on SMS and WhatsApp together.
    """
    reason: SuppressionReason = "unsubscribe" if channel == "email" else "stop"
    if source == "complaint":
        reason = "complaint"
    entries = [Suppression(each, contact, reason, message_id, asked_at=at) for each in _channels(channel)]
    await suppress(session, client_id, entries)
    await _record(session, client_id, channel, contact, "opted_out", source, message_id)


_LIFT: Final = """
delete from suppressions
where client_id = %(client)s and channel = any(%(channels)s) and contact = %(contact)s and reason in ('stop', 'unsubscribe')
  and created_at <= %(at)s
"""
_STOPPED_SINCE: Final = """
select exists (
  select from suppressions
  where client_id = %(client)s and channel = any(%(channels)s) and contact = %(contact)s
    and reason in ('stop', 'unsubscribe', 'complaint') and created_at > %(at)s)
"""


async def opt_in(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    contact: str,
    *,
    source: str,
    message_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """A person said start (at `at`; now): lift the suppression by STOP or unsubscribe and record the opt-in.

    Nothing changes when the person has said stop after that moment.
    """
    params = {
        "client": client_id,
        "channels": list(_channels(channel)),
        "contact": contact_key(channel, contact),
        "at": at or resources.current().clock.now(),
    }
    if await db.fetch_only(session, bool, _STOPPED_SINCE, params):
        return
    await db.execute(session, _LIFT, params)
    await _record(session, client_id, channel, contact, "opted_in", source, message_id)


_STOPPED: Final = """
select exists (
  select from suppressions
  where client_id = %(client)s and channel = %(channel)s and contact = %(contact)s
    and reason in ('stop', 'unsubscribe', 'complaint') and (expires_at is null or expires_at > %(now)s))
"""


async def has_opted_out(session: AsyncSession, client_id: int, channel: Channel, contact: str) -> bool:
    """Whether this address is suppressed at the moment because the person asked for it."""
    params = {
        "client": client_id,
        "channel": channel,
        "contact": contact_key(channel, contact),
        "now": resources.current().clock.now(),
    }
    return await db.fetch_only(session, bool, _STOPPED, params)


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
