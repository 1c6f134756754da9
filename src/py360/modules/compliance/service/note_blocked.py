"""Keep what the do-not-contact registry stopped, for its reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.compliance.models import Channel


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
