"""Who may be written to: consent, then suppression, then the do-not-contact registry, for a whole batch in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.compliance.contacts import contact_key

Channel = Literal["email", "sms", "whatsapp", "call"]
Purpose = Literal["service", "promotional"]  # what people consent to
MessagePurpose = Purpose | Literal["transactional"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to be written to: an e-mail address or an E.164 number, and the customer when known."""

    contact: str
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Why somebody may not be written to. `reason`: opted_out, no_opt_in, suppressed, dnc."""

    reason: str
    message: str
    dnc_id: int | None = None
    override_allowed: bool = False


# A customer is who the caller says, else whoever has this address. Preferences (`{"email": false}`) are an opt-out only
# when they say so; not stated is not an opt-out. An entry of the registry may be lifted by an approved, running override.
_ADMISSIBLE: Final = """
with asked as (
  select * from unnest(%(contacts)s::text[], %(customers)s::bigint[]) with ordinality as a (contact, customer_id, place)
)
select a.place, consent.state, consent.any_out, prefs.off, s.reason as suppressed, d.id as dnc_id, d.dnc_source,
       d.reason as dnc_reason, d.override_allowed
from asked a
left join lateral (
  select bool_or(latest.state = 'opted_out') as any_out,
         bool_or(latest.state = 'opted_in' and latest.purpose = %(purpose)s) as state
  from (
    select distinct on (o.customer_id, o.purpose) o.purpose, o.state
    from consents o
    where o.customer_id in (
        select a.customer_id where a.customer_id is not null
        union all
        select p.id from customers_public_contact p
        where a.customer_id is null and p.client_id = %(client)s
          and {customer_has})
      and o.channel = %(channel)s and o.purpose = any(%(purposes)s)
    order by o.customer_id, o.purpose, o.id desc
  ) latest
) consent on true
left join lateral (
  select true as off from customers_public_contact p
  where p.id = a.customer_id and p.communication_preferences ->> %(channel)s = 'false'
) prefs on true
left join suppressions s on s.client_id = %(client)s and s.channel = %(channel)s and s.contact = a.contact
  and (s.expires_at is null or s.expires_at > %(now)s)
left join lateral (
  select r.id, r.dnc_source, r.reason, r.override_allowed
  from dnc_registry r
  where r.client_id = %(client)s and r.is_active
    and {entry_has}
    and r.effective_date <= %(today)s and (r.expiry_date is null or r.expiry_date > %(today)s)
    and not exists (
      select 1 from dnc_override_logs l
      where l.dnc_id = r.id and l.status = 'approved' and l.start_date <= %(now)s
        and (l.end_date is null or l.end_date > %(now)s))
  limit 1
) d on true
order by a.place
"""
_BY_EMAIL: Final = _ADMISSIBLE.format(
    customer_has="p.email = a.contact",
    entry_has="lower(r.customer_email) = a.contact and r.dnc_type in ('email', 'both')",
)
_BY_PHONE: Final = _ADMISSIBLE.format(
    customer_has="p.phone = a.contact", entry_has="r.customer_phone = a.contact and r.dnc_type in ('phone', 'both')"
)


async def admissible(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    purpose: MessagePurpose,
    items: Sequence[Contact],
    *,
    opt_in: bool = True,
) -> list[Block | None]:
    """Consent, then suppression, then DNC for a whole batch in one statement; one answer per item, None when allowed.

    `opt_in`: promotion needs the customer's recorded opt-in, not only that they did not opt out. A transactional message, such as the reader's own password link, is kept only from addresses that do not exist.
    """
    clock = resources.current().clock
    rows = await db.all(
        session,
        _BY_EMAIL if channel == "email" else _BY_PHONE,
        {
            "contacts": [contact_key(channel, item.contact) for item in items],
            "customers": [item.customer_id for item in items],
            "client": client_id,
            "channel": channel,
            "purpose": purpose,
            # an opt-out of promotion leaves service messages alone; one of service stops both
            "purposes": ["service", "promotional"] if purpose == "promotional" else ["service"],
            "now": clock.now(),
            "today": clock.today(),
        },
    )
    return [_judge(row, channel, purpose, opt_in) for row in rows]


_SUPPRESSED: Final = {
    "hard_bounce": "This address does not exist: an earlier message came back.",
    "complaint": "The recipient reported an earlier message as unwanted.",
    "unsubscribe": "The recipient unsubscribed.",
    "stop": "The recipient asked us to stop.",
    "manual": "This address is on the suppression list.",
}


def _judge(row: db.Row, channel: str, purpose: MessagePurpose, opt_in: bool) -> Block | None:
    if purpose == "transactional":
        return Block("suppressed", _SUPPRESSED["hard_bounce"]) if row["suppressed"] == "hard_bounce" else None
    if row["any_out"] or row["off"]:
        return Block("opted_out", f"The customer does not want messages by {channel}.")
    if purpose == "promotional" and opt_in and not row["state"]:
        return Block("no_opt_in", f"A promotional message by {channel} needs the customer's recorded opt-in.")
    if row["suppressed"]:
        return Block("suppressed", _SUPPRESSED[row["suppressed"]])
    if row["dnc_id"] is not None:
        why = f": {row['dnc_reason']}" if row["dnc_reason"] else ""
        text = f"On the do-not-contact registry ({row['dnc_source']}){why}."
        return Block("dnc", text, dnc_id=row["dnc_id"], override_allowed=row["override_allowed"])
    return None
