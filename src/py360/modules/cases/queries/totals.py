"""How many cases a list has: exact up to 10,000, beyond that the planner's estimate.

Counting thousands costs more than the page they belong to, so a count over a thousand is kept for some seconds, and an
estimate for a minute.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from py360.kit.paging import EXACT_UP_TO
from py360.kit.reads import Reads
from py360.modules.cases.queries.filters import Where

ESTIMATE_SECONDS: Final = 60.0
COUNT_SECONDS: Final = 5.0
CHEAP: Final = 1_000
MOST_KEPT: Final = 2_000

Found = TypeVar("Found")
Key = tuple[int, str, str]
Plan = list[dict[str, dict[str, float]]]  # of `explain (format json)`


@dataclass(slots=True)
class _Cache(Generic[Found]):
    """What was counted lately, by the reads it came from and the statement."""

    kept: dict[Key, tuple[float, Found]] = field(default_factory=dict)

    def get(self, key: Key) -> Found | None:
        """What is kept and still fresh, or None."""
        until, found = self.kept.get(key, (0.0, None))
        return found if time.monotonic() < until else None

    def put(self, key: Key, seconds: float, found: Found) -> None:
        """Keep it for some seconds."""
        if len(self.kept) >= MOST_KEPT:
            self.kept.clear()
        self.kept[key] = (time.monotonic() + seconds, found)


_totals: Final = _Cache[tuple[int, bool]]()
_estimates: Final = _Cache[int]()


async def total(reads: Reads, where: Where) -> tuple[int, bool]:
    """How many cases the predicate finds, and whether that is exact."""
    key = (id(reads), where.sql, repr(where.params))
    if kept := _totals.get(key):
        return kept
    counted = await reads.fetch_only(
        int,
        f"select count(*) from (select from renewal_cases c where {where.sql} limit {EXACT_UP_TO + 1}) few",
        where.params,
    )
    exact = counted <= EXACT_UP_TO
    if not exact:
        counted = max(counted, await estimate(reads, f"select from renewal_cases c where {where.sql}", where.params))
    if counted > CHEAP:
        _totals.put(key, COUNT_SECONDS if exact else ESTIMATE_SECONDS, (counted, exact))
    return counted, exact


async def estimate(reads: Reads, sql: str, params: Mapping[str, object]) -> int:
    """The planner's estimate of the number of rows of a query, without running it."""
    key = (id(reads), sql, repr(params))
    rows = _estimates.get(key)
    if rows is None:
        plan: Plan = await reads.fetch_only(list, f"explain (format json) {sql}", params)
        rows = int(plan[0]["Plan"]["Plan Rows"])
        _estimates.put(key, ESTIMATE_SECONDS, rows)
    return rows


def correct_estimate(reads: Reads, sql: str, params: Mapping[str, object], rows: int) -> None:
    """Replace the planner's estimate for a minute: the rows were counted since."""
    _estimates.put((id(reads), sql, repr(params)), ESTIMATE_SECONDS, rows)
