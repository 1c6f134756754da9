"""The campaigns that steering holds. Who changes a campaign's status or plan holds its parent and all its channels.

The order of locks (docs/architecture.md) puts campaigns last, the parent before its channels: who also changes recipients
does that first. Lanes only add to a channel's counters, as the last thing they do.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound

# Not `for update`: the ledger's new rows refer to these, and would wait.
_HOLD: Final = """
select c.* from campaigns asked join campaigns c on coalesce(asked.parent_id, asked.id) in (c.id, c.parent_id)
where asked.id = %(id)s order by c.parent_id nulls first, c.id for no key update of c
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A campaign as it was asked for, and the channels this is about: all of a parent's, a channel alone."""

    asked: db.Row
    channels: list[db.Row]

    @property
    def parent_id(self) -> int:
        """The parent's number."""
        number: int = self.asked["parent_id"] or self.asked["id"]
        return number


async def hold(session: AsyncSession, number: int) -> Held | None:
    """A campaign, held with its parent and channels until the transaction ends; None when it is gone."""
    rows = await db.all(session, _HOLD, {"id": number})
    asked = next((row for row in rows if row["id"] == number), None)
    if asked is None:
        return None
    return Held(asked, [row for row in rows if row["parent_id"] and number in (row["id"], row["parent_id"])])


async def take(session: AsyncSession, caller: Caller, number: int) -> Held:
    """The same for a campaign of the caller's clients; raises NotFound."""
    held = await hold(session, number)
    if held is None or held.asked["client_id"] not in caller.client_ids:
        raise NotFound(f"There is no campaign campaign-{number}.")
    return held
