"""What other modules may ask about the organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.modules.organization import service


@dataclass(frozen=True, slots=True)
class Place:
    """Where a policy belongs: its branch (a row of `branches`), if one was named, and the node that answers for it."""

    branch_id: int | None
    node_id: int


async def subtree(session: AsyncSession, node_id: int) -> list[int]:
    """A node and every node below it."""
    rows = await db.all(
        session,
        "select n.id from organizational_hierarchy n, organizational_hierarchy top where top.id = %(id)s and n.path <@ top.path",
        {"id": node_id},
    )
    return [row["id"] for row in rows]


async def match_places(
    session: AsyncSession, named: Sequence[tuple[str | None, str | None]]
) -> dict[tuple[str | None, str | None], Place]:
    """The places that (branch, region) texts of a file name, whatever their case; what is not found is missing.

    A branch is found by its code or name, under the region when one is given and known; a name that fits several branches
    fits none. Without a branch the region itself is the place.
    """
    wanted = [pair for pair in dict.fromkeys(named) if pair[0] or pair[1]]
    rows = await db.all(
        session,
        """
        with wanted as (
          select n - 1 as n, lower(trim(branch)) as branch, lower(trim(region)) as region
          from unnest(%(branches)s::text[], %(regions)s::text[]) with ordinality w(branch, region, n)
        ), regions as (
          select w.n, r.id, r.path from wanted w
          join organizational_hierarchy r on r.type in ('region', 'state') and lower(r.name) = w.region
        ), found as (
          select w.n, b.id as branch_id, o.id as node_id from wanted w
          join branches b on b.status = 'active' and w.branch in (lower(b.code), lower(b.name))
          join organizational_hierarchy o on o.id = b.hierarchy_node_id
          where not exists (select 1 from regions r where r.n = w.n)
             or exists (select 1 from regions r where r.n = w.n and o.path <@ r.path)
          union all
          select r.n, null, r.id from regions r join wanted w using (n) where w.branch is null or w.branch = ''
        )
        select n, min(branch_id) as branch_id, min(node_id) as node_id from found group by n having count(*) = 1
        """,
        {"branches": [branch for branch, _ in wanted], "regions": [region for _, region in wanted]},
    )
    return {wanted[row["n"]]: Place(row["branch_id"], row["node_id"]) for row in rows}


async def set_home(session: AsyncSession, user_id: int, node_id: int, valid_from: date | None = None) -> None:
    """Give a user their home in a node, from today unless a day is named. Knows no caller: rights are checked before."""
    await service.set_home(session, user_id, node_id, valid_from or resources.current().clock.today())
