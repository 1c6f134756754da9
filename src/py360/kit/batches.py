"""Work done in batches, of which one piece that cannot be done must not stop the others."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from psycopg import errors

from py360.kit import db

REASON_MAX: Final = 500  # characters
# Away, busy, read-only after a failover, or not migrated yet: whatever is asked of the database now, it fails.
_NOBODYS_FAULT: Final = (
    *db.AWAY,
    errors.ReadOnlySqlTransaction,
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.InsufficientPrivilege,
)

Work = Callable[[Sequence[int]], Awaitable[None]]
DeadLetter = Callable[[int, str], Awaitable[None]]


async def each(ids: Sequence[int], work: Work, dead_letter: DeadLetter) -> None:
    """Do the work for all of these in one transaction, which `work` makes; in their order, each once.

    When that fails, their halves are tried, until the one that fails is alone: it is stored as a dead letter with the reason.
    A failure that no single one causes is raised (after `db.insist`), and nothing is stored as a dead letter.
    """
    left = [ids] if ids else []
    while left:
        part = left.pop()
        try:
            await db.insist(partial(work, part))
        except Exception as error:  # whatever one piece does must not stop the others
            if isinstance(error, _NOBODYS_FAULT) or db.is_away(error):
                raise
            if half := len(part) // 2:
                left += [part[half:], part[:half]]
            else:
                reason = f"{type(error).__name__}: {error}".partition("\n")[0][:REASON_MAX]
                await db.insist(partial(dead_letter, part[0], reason))
