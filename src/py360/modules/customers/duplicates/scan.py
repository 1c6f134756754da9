"""The nightly scan for customers who may be the same person; what it finds is the list that officers work through."""

from typing import Final

from py360.kit import db, resources, sql

_SCAN: Final = sql.read(__file__, "scan_duplicates")
_CLIENTS: Final = "select c.id from identity_public_client c order by c.id"


async def scan() -> int:
    """Bring the list of every client up to date, each in a transaction of its own; how many pairs there are."""
    async with db.unit_of_work() as session:
        clients = await db.fetch_all(session, int, _CLIENTS)
    pairs = 0
    for client in clients:
        async with db.unit_of_work() as session:
            pairs += await db.fetch_only(
                session, int, _SCAN, {"client": client, "now": resources.current().clock.now()}
            )
    return pairs
