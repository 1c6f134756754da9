"""Applying a file: receipts are booked on their cases, the rest goes to the ledger and, where it does not agree, to the exceptions."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound
from py360.modules.payments.apply_events import consequences
from py360.modules.payments.balance import lock
from py360.modules.payments.bulk import Figures, Moved, PaymentRow
from py360.modules.payments.reconciliation.compare import compare

_LOCK: Final = """
select id, client_id, kind, status from statement_files where id = %(id)s and client_id = any(%(clients)s) for update
"""
_CASES: Final = "select distinct case_id from statement_lines where file_id = %(id)s and outcome = 'matched' and case_id is not null"
_MATCH: Final = {"bank": sql.read(__file__, "match_bank"), "settlement": sql.read(__file__, "match_settlement")}
_AGAIN: Final = """
update statement_lines set outcome = 'unmatched', problem = null, case_id = null, payment_id = null, settlement = case when kind = 'credit'
  then null else settlement end
where file_id = %(file_id)s and outcome not in ('invalid', 'ignored')
"""
_RECEIPTS: Final = sql.read(__file__, "book_receipts")
_POST: Final = sql.read(__file__, "post_statement")
_DONE: Final = """
update statement_files set status = %(status)s, applied_by = %(user_id)s, applied_at = %(now)s where id = %(id)s
"""
_TAKE_TURNS: Final = (
    "select pg_advisory_xact_lock(hashtextextended('statements of client ' || %(client_id)s::bigint, 360))"
)


@dataclass(frozen=True, slots=True)
class _File:
    id: int
    client_id: int
    kind: str
    status: str


async def apply(session: AsyncSession, caller: Caller, file_id: int) -> int:
    """Book a file that was shown; how many receipts. The lines are matched once more: others may have been applied since.

    Raises NotFound and Conflict (`applied`, `discarded`).
    """
    file = await _locked(session, caller, file_id)
    now = resources.current().clock.now()
    await db.execute(session, _TAKE_TURNS, {"client_id": file.client_id})
    await db.execute(session, _AGAIN, {"file_id": file_id})
    await db.execute(session, _MATCH[file.kind], {"file_id": file_id})
    params: dict[str, object] = {"id": file_id, "file_id": file_id, "user_id": caller.user_id, "now": now}
    booked: list[PaymentRow] = []
    if file.kind == "bank":
        await lock(session, await db.fetch_all(session, int, _CASES, params))
        booked = await db.fetch_all(session, PaymentRow, _RECEIPTS, params)
        if booked:
            await consequences(session, [Moved(row, Figures()) for row in booked])
    await db.execute(session, _POST, params)
    await db.execute(session, _DONE, {**params, "status": "applied"})
    await compare(session, file.client_id)
    return len(booked)


async def discard(session: AsyncSession, caller: Caller, file_id: int) -> None:
    """Forget a file that was only shown. Raises NotFound and Conflict."""
    await _locked(session, caller, file_id)
    params = {"id": file_id, "status": "discarded", "user_id": None, "now": None}
    await db.execute(session, _DONE, params)


async def _locked(session: AsyncSession, caller: Caller, file_id: int) -> _File:
    file = await db.fetch_one(session, _File, _LOCK, {"id": file_id, "clients": list(caller.client_ids)})
    if file is None:
        raise NotFound(f"There is no bank or settlement file {file_id}.")
    if file.status != "preview":
        raise Conflict(f"This file is {file.status} already.", code=file.status)
    return file
