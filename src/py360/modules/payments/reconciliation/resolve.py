"""Resolving an exception: by a person, with a reason; a receipt nobody was found for is booked on the case they name."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.modules.payments.apply_events import consequences
from py360.modules.payments.balance import lock, within_reach
from py360.modules.payments.bulk import Figures, Moved, PaymentRow

_LOCK: Final = """
select x.id, x.client_id, x.kind, x.status, x.amount, x.line_id, l.file_id, l.happened_on
from reconciliation_exceptions x left join statement_lines l on l.id = x.line_id
where x.id = %(id)s and x.client_id = any(%(clients)s) for update of x
"""
_RESOLVE: Final = """
update reconciliation_exceptions set status = 'resolved', reason = %(reason)s, resolved_by = %(user_id)s, resolved_at = %(now)s,
  case_id = coalesce(%(case_id)s, case_id)
where id = %(id)s
"""
_ASSIGN: Final = (
    "update statement_lines set outcome = 'matched', problem = null, case_id = %(case_id)s where id = %(line_id)s"
)
_RECEIPTS: Final = sql.read(__file__, "book_receipts")
# The receipt debits the bank again: what stood in suspense goes.
_RELEASE: Final = """
with entry as (
  insert into ledger_entries (client_id, kind, source, case_id, happened_at)
  values (%(client_id)s, 'adjustment', 'line ' || %(line_id)s::bigint, %(case_id)s, %(now)s) returning id, client_id
)
insert into ledger_lines (entry_id, client_id, account, amount)
select id, client_id, side.account, side.sign * %(amount)s::numeric
from entry cross join (values ('suspense', 1), ('bank', -1)) side (account, sign)
"""


@dataclass(frozen=True, slots=True)
class _Exception:
    id: int
    client_id: int
    kind: str
    status: str
    amount: Decimal
    line_id: int | None
    file_id: int | None
    happened_on: date | None


async def resolve(session: AsyncSession, caller: Caller, number: int, reason: str, case_id: int | None) -> None:
    """Resolve an exception. Raises NotFound, Conflict (`resolved`) and Invalid (`no_receipt`: only a receipt has a case to pay)."""
    found = await db.fetch_one(session, _Exception, _LOCK, {"id": number, "clients": list(caller.client_ids)})
    if found is None:
        raise NotFound(f"There is no exception {number}.")
    if found.status == "resolved":
        raise Conflict("This exception is resolved already.", code="resolved")
    params: dict[str, object] = {
        "id": number, "reason": reason, "user_id": caller.user_id, "now": resources.current().clock.now(), "case_id": case_id,
        "client_id": found.client_id, "line_id": found.line_id, "file_id": found.file_id, "amount": found.amount,
    }  # fmt: skip
    if case_id is not None:
        if found.kind != "unmatched_receipt":
            message = "Only a receipt that is not matched can be booked on a case."
            raise Invalid(message, code="no_receipt", details=[{"field": "caseId", "message": message}])
        case = await within_reach(session, caller, case_id)
        if case.client_id != found.client_id:
            raise NotFound(f"There is no case CASE-{case_id} within your reach.")
        await lock(session, [case_id])
        await db.execute(session, _ASSIGN, params)
        await db.execute(session, _RELEASE, params)
        booked = await db.fetch_all(session, PaymentRow, _RECEIPTS, params)
        await consequences(session, [Moved(row, Figures()) for row in booked])
    await db.execute(session, _RESOLVE, params)
