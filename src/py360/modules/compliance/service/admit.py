"""Who may be written to: consent, then suppression, then the do-not-contact registry, for a whole batch in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.compliance.contacts import contact_key
from py360.modules.compliance.models import Block, Channel, Contact, MessagePurpose

_ADMISSIBLE: Final = sql.read(__file__, "admissible")
_BY_EMAIL: Final = _ADMISSIBLE.format(
    customer_has="p.email = a.contact",
    entry_has="lower(r.customer_email) = a.contact and r.dnc_type in ('email', 'both')",
)
_BY_PHONE: Final = _ADMISSIBLE.format(
    customer_has="p.phone = a.contact", entry_has="r.customer_phone = a.contact and r.dnc_type in ('phone', 'both')"
)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of one contact."""

    place: int
    state: bool | None
    any_out: bool | None
    off: bool | None
    suppressed: str | None
    dnc_id: int | None
    dnc_source: str | None
    dnc_type: str | None
    dnc_reason: str | None
    override_allowed: bool | None


async def admissible(
    session: AsyncSession,
    client_id: int,
    channel: Channel,
    purpose: MessagePurpose,
    items: Sequence[Contact],
    *,
    opt_in: bool = True,
) -> list[Block | None]:
    """Why each of these may not be written to, in their order; None where it may.

    `opt_in`: promotion needs the customer's recorded opt-in, not only that they did not opt out. A transactional message, such
    as the reader's own password link, is kept only from addresses that do not exist.
    """
    clock = resources.current().clock
    rows = await db.fetch_all(
        session,
        _Known,
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


def _judge(known: _Known, channel: str, purpose: MessagePurpose, opt_in: bool) -> Block | None:
    if purpose == "transactional":
        gone = known.suppressed == "hard_bounce"
        return Block("suppressed", _SUPPRESSED["hard_bounce"]) if gone else None
    if known.any_out or known.off:
        return Block("opted_out", f"The customer does not want messages by {channel}.")
    if purpose == "promotional" and opt_in and not known.state:
        return Block("no_opt_in", f"A promotional message by {channel} needs the customer's recorded opt-in.")
    if known.suppressed:
        return Block("suppressed", _SUPPRESSED[known.suppressed])
    if known.dnc_id is not None:
        why = f": {known.dnc_reason}" if known.dnc_reason else ""
        return Block(
            "dnc",
            f"On the do-not-contact registry ({known.dnc_source}){why}.",
            dnc_id=known.dnc_id,
            dnc_source=known.dnc_source,
            dnc_type=known.dnc_type,
            override_allowed=bool(known.override_allowed),
        )
    return None
