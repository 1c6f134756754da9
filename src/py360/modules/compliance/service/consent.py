"""Opt-outs, opt-ins and the consent that the office records. Rows are only ever added: what was recorded before stays readable."""

from datetime import datetime
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.modules.compliance.contacts import contact_key
from py360.modules.compliance.models import Channel
from py360.modules.compliance.queries.consent import no_customer, person
from py360.modules.compliance.schemas import ConsentIn
from py360.modules.compliance.service.suppress import Suppression, SuppressionReason, suppress

PHONE_CHANNELS: Final[tuple[Channel, ...]] = ("sms", "whatsapp")
_CONSENT: Final = sql.read(__file__, "consent")


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
    """A person sent stop (at `at`; now): suppress the address and record the opt-out of every customer who has it.

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
_FORGET_STOP: Final = """
update suppressions set stopped_at = null, stop_reason = null
where client_id = %(client)s and channel = any(%(channels)s) and contact = %(contact)s
  and stop_reason in ('stop', 'unsubscribe') and stopped_at <= %(at)s
"""
_STOPPED_SINCE: Final = """
select exists (
  select from suppressions
  where client_id = %(client)s and channel = any(%(channels)s) and contact = %(contact)s and stopped_at > %(at)s)
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
    """A person sent start (at `at`; now): lift the suppression by STOP or unsubscribe and record the opt-in.

    Nothing changes when the person has sent stop after that moment.
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
    await db.execute(session, _FORGET_STOP, params)  # under a bounce or an entry of the office, which stay
    await _record(session, client_id, channel, contact, "opted_in", source, message_id)


_STOPPED: Final = """
select exists (
  select from suppressions
  where client_id = %(client)s and channel = %(channel)s and contact = %(contact)s and stopped_at is not null)
"""


async def has_opted_out(session: AsyncSession, client_id: int, channel: Channel, contact: str) -> bool:
    """Whether the person behind this address has asked for it to be left alone."""
    params = {"client": client_id, "channel": channel, "contact": contact_key(channel, contact)}
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


_RECORD: Final = """
insert into consents (client_id, customer_id, channel, purpose, state, source, evidence, recorded_by)
select p.client_id, p.id, %(channel)s, %(purpose)s, %(state)s, %(source)s, %(evidence)s::jsonb, %(user)s
"""


async def record(session: AsyncSession, caller: Caller, body: ConsentIn) -> int:
    """Record consent that a customer gave or withdrew; its number. Raises NotFound for a customer out of reach."""
    where, params = person(caller, body.customer_id)
    number = await db.fetch_one(
        session,
        int,
        f"{_RECORD} from customers_public_contact p where {where} returning id",
        params
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


_INHERIT: Final = """
with latest as (
  select distinct on (c.customer_id, c.channel, c.purpose) c.customer_id, c.channel, c.purpose, c.state
  from consents c where c.client_id = %(client)s and c.customer_id = any(%(both)s)
  order by c.customer_id, c.channel, c.purpose, c.id desc
)
insert into consents (client_id, customer_id, channel, purpose, state, source, recorded_at)
select %(client)s, %(kept)s, m.channel, m.purpose, 'opted_out', 'merge', %(now)s
from latest m left join latest k on k.customer_id = %(kept)s and k.channel = m.channel and k.purpose = m.purpose
where m.customer_id = %(merged)s and m.state = 'opted_out' and k.state is distinct from 'opted_out'
"""


async def inherit_opt_outs(session: AsyncSession, client_id: int, kept_id: int, merged_id: int) -> None:
    """Two customers are one person: what either has opted out of counts for the one that is kept."""
    now = resources.current().clock.now()
    params = {"client": client_id, "kept": kept_id, "merged": merged_id, "both": [kept_id, merged_id], "now": now}
    await db.execute(session, _INHERIT, params)
