"""How many: exact up to 10,000, beyond that what the planner thinks, remembered for a minute."""

import time
from typing import Any, Final

from py360.kit.paging import EXACT_UP_TO
from py360.kit.reads import Reads
from py360.modules.cases.queries.filters import Where

REMEMBER_SECONDS: Final = 60
MOST_REMEMBERED: Final = 2_000
_remembered: dict[tuple[str, str, str], tuple[float, int]] = {}


async def total(reads: Reads, where: Where) -> tuple[int, bool]:
    """How many cases the predicate finds, and whether that is exact.

    Only estimates are remembered: an exact number is always of now.
    """
    key = (str(id(reads)), where.sql, repr(sorted(where.params.items())))
    known = _remembered.get(key)
    if known and time.monotonic() - known[0] < REMEMBER_SECONDS:
        return known[1], False
    counted: int = await reads.value(
        f"select count(*) from (select from renewal_cases c where {where.sql} limit {EXACT_UP_TO + 1}) few",
        where.params,
    )
    if counted <= EXACT_UP_TO:
        return counted, True
    guessed = max(counted, await estimate(reads, f"select from renewal_cases c where {where.sql}", where.params))
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = (time.monotonic(), guessed)
    return guessed, False


async def estimate(reads: Reads, sql: str, params: dict[str, Any]) -> int:
    """The planner's guess at the number of rows of a query, without running it."""
    plan = await reads.value(f"explain (format json) {sql}", params)
    return int(plan[0]["Plan"]["Plan Rows"])
