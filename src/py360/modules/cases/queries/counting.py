"""How many: exact up to 10,000, beyond that what the planner thinks.

Counting thousands costs more than the page they belong to, so a count over a thousand is remembered for some seconds, and
an estimate for a minute.
"""

import time
from typing import Any, Final

from py360.kit.paging import EXACT_UP_TO
from py360.kit.reads import Reads
from py360.modules.cases.queries.filters import Where

ESTIMATE_SECONDS: Final = 60.0
COUNT_SECONDS: Final = 5.0
CHEAP: Final = 1_000
MOST_REMEMBERED: Final = 2_000
_remembered: dict[tuple[Any, ...], tuple[float, Any]] = {}


def _recall(key: tuple[Any, ...]) -> Any:
    """What was remembered and is still fresh, or None."""
    until, found = _remembered.get(key, (0.0, None))
    return found if time.monotonic() < until else None


def _remember(key: tuple[Any, ...], seconds: float, found: Any) -> None:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = (time.monotonic() + seconds, found)


async def total(reads: Reads, where: Where) -> tuple[int, bool]:
    """How many cases the predicate finds, and whether that is exact."""
    key = (id(reads), where.sql, repr(where.params))
    if known := _recall(key):
        counted, exact = known
        return counted, exact
    counted = await reads.value(
        f"select count(*) from (select from renewal_cases c where {where.sql} limit {EXACT_UP_TO + 1}) few",
        where.params,
    )
    exact = counted <= EXACT_UP_TO
    if not exact:
        guessed = await estimate(reads, f"select from renewal_cases c where {where.sql}", where.params)
        counted = max(counted, guessed)
    if counted > CHEAP:
        _remember(key, COUNT_SECONDS if exact else ESTIMATE_SECONDS, (counted, exact))
    return counted, exact


async def estimate(reads: Reads, sql: str, params: dict[str, Any]) -> int:
    """The planner's guess at the number of rows of a query, without running it."""
    guessed = _recall((id(reads), sql, repr(params)))
    if guessed is None:
        plan = await reads.value(f"explain (format json) {sql}", params)
        guessed = int(plan[0]["Plan"]["Plan Rows"])
        correct(reads, sql, params, guessed)
    return int(guessed)


def correct(reads: Reads, sql: str, params: dict[str, Any], rows: int) -> None:
    """What the planner is to be taken to think of this query, for a minute: the rows were counted since."""
    _remember((id(reads), sql, repr(params)), ESTIMATE_SECONDS, rows)
