"""The three-way comparison of a client."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.db import unit_of_work
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

_REMATCH: Final = sql.read(__file__, "settle_deposits")
_COMPARE: Final = sql.read(__file__, "compare_settlements")
_CLIENTS: Final = "select distinct client_id from statement_files where status = 'applied' order by client_id"
TITLE: Final = "Payments to reconcile"


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    kind: str


async def compare(session: AsyncSession, client_id: int) -> None:
    """Open what does not agree and resolve what agrees by now; who looks after billing is notified of what is new."""
    office = await settings.get(session, client_id, settings.Payments)
    clock = resources.current().clock
    params: dict[str, object] = {
        "client_id": client_id, "days": office.settlement_days, "now": clock.now(), "today": clock.today(),
    }  # fmt: skip
    await db.execute(session, _REMATCH, params)
    found = await db.fetch_all(session, _Found, _COMPARE, params)
    if found:
        sentence = (
            f"{len(found)} new difference{'s' if len(found) > 1 else ''} between payments, settlements and the bank."
            " Look at the exceptions and resolve them."
        )
        people = await identity.holders_of(session, client_id, "billing")
        notices = [notifications.Notice(user, TITLE, sentence, {"exceptions": str(len(found))}) for user in people]
        await notifications.notify_each(session, notices, type="update")


async def compare_all() -> None:
    """Every client that has applied files, each in a transaction."""
    async with unit_of_work() as session:
        clients = await db.fetch_all(session, int, _CLIENTS)
    for client_id in clients:
        async with unit_of_work() as session:
            await compare(session, client_id)
