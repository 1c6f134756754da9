"""What the channel of a case says about assigning it: whether, at which hours (India), how many at a time, and how soon.

A case whose channel the office has not set up follows no rule of a channel.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.clock import INDIA

ALWAYS: Final = "24/7"
_RANKS: Final = {"high": 0, "medium": 1, "low": 2}
# Cases that an agent works on; those that wait take no room.
_CHANNELS: Final = """
select ch.name, ch.is_active, ch.assigns, ch.priority, ch.working_hours, ch.capacity,
  (select count(*) from renewal_cases k
   where k.client_id = ch.client_id and k.channel = ch.name and k.closed_at is null and k.assigned_to is not null) as load
from organization_public_channel ch where ch.client_id = %(client)s
"""


@dataclass(slots=True)
class Channel:
    """A channel with the open cases that are worked in it."""

    name: str
    is_active: bool
    assigns: bool
    priority: str
    working_hours: str
    capacity: int
    load: int

    def works_at(self, moment: datetime) -> bool:
        """Whether cases of it are assigned by themselves at this moment."""
        if not (self.is_active and self.assigns):
            return False
        if self.working_hours == ALWAYS:
            return True
        start, _, end = self.working_hours.partition("-")
        return int(start) <= moment.astimezone(INDIA).hour < int(end)


@dataclass(slots=True)
class Channels:
    """The channels of a client at a moment; their loads follow what is assigned."""

    known: dict[str, Channel]
    moment: datetime

    def rank(self, name: str | None) -> int:
        """How soon cases of a channel are looked at: the lower the sooner."""
        channel = self.known.get(name or "")
        return _RANKS[channel.priority] if channel else _RANKS["medium"]

    def has_room(self, name: str | None) -> bool:
        """Whether one more case of a channel may be assigned now."""
        channel = self.known.get(name or "")
        return channel is None or (channel.works_at(self.moment) and channel.load < channel.capacity)

    def take(self, name: str | None) -> None:
        """One more case of a channel is worked."""
        if channel := self.known.get(name or ""):
            channel.load += 1

    def closed(self) -> list[str]:
        """The channels of which nothing can be assigned now."""
        return [name for name in self.known if not self.has_room(name)]


async def read(session: AsyncSession, client_id: int, moment: datetime) -> Channels:
    """The channels of a client."""
    found = await db.fetch_all(session, Channel, _CHANNELS, {"client": client_id})
    return Channels({each.name: each for each in found}, moment)
