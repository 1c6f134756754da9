"""Keeping the roll-ups: cases that changed are counted again, and the sums move by the difference (ADR 91).

Each change of a case, its policy, money or messages leaves a note in `analytics_changes` (triggers, in the same
transaction). One folder at a time takes notes and counts the cases of these as they are now. Counting a case twice changes
nothing, so notes may repeat, come late or in any order.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, live, sql
from py360.modules.analytics.columns import CELL_KEY, DIMENSIONS, FACT, MEASURES, listed

CASES_AT_ONCE: Final = 5_000
REBUILT_AT_ONCE: Final = 20_000
PERMISSION: Final = "dashboard"
SOURCE: Final = sql.read(__file__, "source")
_PIECES: Final = {
    "source": SOURCE,
    "fact": listed(FACT),
    "taken": listed(FACT[3:], "{0} = excluded.{0}"),
    "key": listed(CELL_KEY),
    "dimensions": listed(DIMENSIONS),
    "measures": listed(MEASURES),
    "grown": listed(MEASURES, "{0} = c.{0} + excluded.{0}"),
    "zeros": listed(MEASURES, "0"),
}
_FOLD: Final = sql.read(__file__, "fold").format(sums=listed(MEASURES, "sum(sign * {0})"), **_PIECES)
_SUM_FACTS: Final = sql.read(__file__, "sum_facts").format(sums=listed(MEASURES, "sum({0})"), **_PIECES)
_TAKE: Final = sql.read(__file__, "take_changes")
_SAME_POLICY: Final = sql.read(__file__, "same_policy")
_LOCK: Final = "select pg_try_advisory_xact_lock(hashtextextended('analytics fold', 360))"
_WAIT_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('analytics fold', 360))"
_DROP_EMPTIED: Final = "delete from analytics_cells where ctid = any(%(places)s::tid[]) and cases = 0"
_NEXT_CASES: Final = """
select case_id from (select case_id from cases_public_outcome union select case_id from analytics_facts) known
where case_id > %(after)s order by case_id limit %(most)s
"""


@dataclass(frozen=True, slots=True)
class _Moved:
    """A sum that moved: whose, and its place when nothing is left in it."""

    client_id: int
    emptied: str | None


async def fold() -> int:
    """Count the cases that changed, some thousands at most; how many there were. Clients whose figures moved get
    `dashboard.refresh`. Does nothing while another process folds."""
    async with db.unit_of_work() as session:
        if not await db.fetch_only(session, bool, _LOCK):
            return 0
        case_ids = await db.fetch_all(session, int, _TAKE, {"most": CASES_AT_ONCE})
        if not case_ids:
            return 0
        clients = await _count(session, case_ids)
    for client_id in sorted(clients):
        await live.send(client_id, "dashboard.refresh", {}, permission=PERMISSION)
    return len(case_ids)


async def fold_all() -> None:
    """Count every case that changed until now."""
    while await fold():
        pass


async def _count(session: AsyncSession, case_ids: list[int]) -> set[int]:
    """Count these cases as they are; the clients whose sums moved."""
    renumbered = await db.fetch_all(session, int, _SAME_POLICY, {"ids": case_ids})
    moved = await db.fetch_all(session, _Moved, _FOLD, {"ids": list({*case_ids, *renumbered})})
    if emptied := [sum.emptied for sum in moved if sum.emptied is not None]:
        await db.execute(session, _DROP_EMPTIED, {"places": emptied})
    return {sum.client_id for sum in moved}


async def rebuild() -> int:
    """Count every case again, and the sums from that; how many cases there are. Reports continue with the old sums meanwhile."""
    after, counted = 0, 0
    while True:
        async with db.unit_of_work() as session:
            await db.execute(session, _WAIT_LOCK)
            case_ids = await db.fetch_all(session, int, _NEXT_CASES, {"after": after, "most": REBUILT_AT_ONCE})
            if not case_ids:
                await db.execute(session, "delete from analytics_cells")
                await db.execute(session, _SUM_FACTS)
                return counted
            await _count(session, case_ids)
        after, counted = case_ids[-1], counted + len(case_ids)
