"""The campaigns that a change locks. A change of status or plan locks the parent and all its channels.

The order of locks (docs/architecture.md) puts campaigns last, the parent before its channels: a change of recipients too
locks those first. Sending loops only add to a channel's counters, as the last thing they do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.modules.campaigns.schemas import StoredAudience

# Not `for update`: the ledger's new rows refer to these, and would wait.
_LOCK: Final = """
select c.id, c.parent_id, c.client_id, c.name, c.campaign_type, c.type, c.status, c.upload_id, c.template_id,
  c.target_audience_filter, c.scheduled_at, c.started_at, c.created_by, c.version, c.step
from campaigns asked join campaigns c on coalesce(asked.parent_id, asked.id) in (c.id, c.parent_id)
where asked.id = %(id)s order by c.parent_id nulls first, c.id for no key update of c
"""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A locked campaign: a parent, or a channel."""

    id: int
    parent_id: int | None
    client_id: int
    name: str
    campaign_type: str
    type: str
    status: str
    upload_id: int | None
    template_id: int | None
    target_audience_filter: StoredAudience | None
    scheduled_at: datetime | None
    started_at: datetime | None
    created_by: int | None
    version: int
    step: int  # 0; of a follow-up its place


@dataclass(frozen=True, slots=True)
class Family:
    """A campaign as it was asked for, and the channels this is about: all of a parent's, a channel alone."""

    asked: Campaign
    channels: list[Campaign]

    @property
    def parent_id(self) -> int:
        """The parent's id."""
        return self.asked.parent_id or self.asked.id


async def lock_any(session: AsyncSession, campaign_id: int) -> Family | None:
    """A campaign, locked with its parent and channels until the transaction ends; None when it is gone."""
    rows = await db.fetch_all(session, Campaign, _LOCK, {"id": campaign_id})
    asked = next((row for row in rows if row.id == campaign_id), None)
    if asked is None:
        return None
    return Family(asked, [row for row in rows if row.parent_id and campaign_id in (row.id, row.parent_id)])


async def lock(session: AsyncSession, caller: Caller, campaign_id: int) -> Family:
    """The same for a campaign of the caller's clients; raises NotFound."""
    family = await lock_any(session, campaign_id)
    if family is None or family.asked.client_id not in caller.client_ids:
        raise NotFound(f"There is no campaign campaign-{campaign_id}.")
    return family
