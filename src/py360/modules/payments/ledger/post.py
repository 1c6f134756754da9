"""Posting: bring the ledger up to what is known of the money of some cases."""

from collections.abc import Collection
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql

_POST: Final = sql.read(__file__, "post_ledger")
_EXCEPTIONS: Final = sql.read(__file__, "refresh_exceptions")


async def post_cases(session: AsyncSession, case_ids: Collection[int]) -> None:
    """Post what is new of these cases' money, and open or resolve the exceptions it makes; the caller holds the lock of their money.

    Posting again changes nothing, and the balances do not depend on the order in which the facts came.
    """
    if case_ids:
        params = {"case_ids": sorted(case_ids), "now": resources.current().clock.now()}
        await db.execute(session, _POST, params)
        await db.execute(session, _EXCEPTIONS, params)
