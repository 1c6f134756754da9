"""What other modules may ask about the organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.organization import service

_MATCH_PLACES: Final = sql.read(__file__, "match_places")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy belongs: its branch (a row of `branches`), if one was named, and the node that answers for it."""

    branch_id: int | None
    node_id: int


@dataclass(frozen=True, slots=True)
class _Match:
    """A place, and which of the pairs names it."""

    n: int
    branch_id: int | None
    node_id: int


async def subtree(session: AsyncSession, node_id: int) -> list[int]:
    """A node and every node below it."""
    return await db.fetch_all(
        session,
        int,
        "select n.id from organizational_hierarchy n, organizational_hierarchy top where top.id = %(id)s and n.path <@ top.path",
        {"id": node_id},
    )


async def match_places(
    session: AsyncSession, client_id: int, named: Sequence[tuple[str | None, str | None]]
) -> dict[tuple[str | None, str | None], Place]:
    """The places of a client that (branch, region) texts of a file name, in upper or lower case; unknown pairs are missing.

    A branch is found by its code or name, under the region when one is given and known; a name that fits several branches
    fits none. Without a branch the region itself is the place.
    """
    wanted = [pair for pair in dict.fromkeys(named) if pair[0] or pair[1]]
    values = {
        "client": client_id,
        "branches": [branch for branch, _ in wanted],
        "regions": [region for _, region in wanted],
    }
    matches = await db.fetch_all(session, _Match, _MATCH_PLACES, values)
    return {wanted[match.n]: Place(match.branch_id, match.node_id) for match in matches}


async def set_home(session: AsyncSession, user_id: int, node_id: int, valid_from: date | None = None) -> None:
    """Give a user their home in a node, from today unless a day is given. Knows no caller: rights are checked before."""
    await service.set_home(session, user_id, node_id, valid_from or resources.current().clock.today())
