"""The lists of bank and settlement files, of their lines, and of exceptions; of the caller's clients."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.ids import code
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.payments.statements.views import ExceptionView, StatementLineView, StatementView

_FILES: Final = """
select f.id, f.kind, f.provider_id, f.file_name, f.status, u.name as uploaded_by_name, f.created_at, f.applied_at, n.*
from statement_files f left join identity_public_users u on u.id = f.uploaded_by
cross join lateral (
  select count(*) as rows, count(*) filter (where outcome = 'matched') as matched,
    count(*) filter (where outcome = 'settlement') as settlements, count(*) filter (where outcome = 'unmatched') as unmatched,
    count(*) filter (where outcome = 'duplicate') as duplicates, count(*) filter (where outcome = 'invalid') as invalid,
    count(*) filter (where outcome = 'ignored') as ignored,
    coalesce(sum(amount) filter (where outcome = 'matched'), 0) as matched_amount
  from statement_lines l where l.file_id = f.id
) n
"""
_LINES: Final = """
select l.id, l.row_no, l.kind, l.happened_on, l.amount, l.fee, l.tax, l.subject, l.utr, l.settlement, l.narration, l.outcome,
  l.problem, l.case_id, l.payment_id
from statement_lines l join statement_files f on f.id = l.file_id
"""
_EXCEPTIONS: Final = """
select x.id, x.kind, x.subject, x.amount, x.details, x.case_id, x.payment_id, x.status, x.reason, u.name as resolved_by_name,
  x.resolved_at, x.created_at
from reconciliation_exceptions x left join identity_public_users u on u.id = x.resolved_by
"""


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A file as it is listed."""

    id: int
    kind: str
    provider_id: int | None
    file_name: str
    status: str
    uploaded_by_name: str | None
    created_at: datetime
    applied_at: datetime | None
    rows: int
    matched: int
    settlements: int
    unmatched: int
    duplicates: int
    invalid: int
    ignored: int
    matched_amount: Decimal

    def to_public(self) -> StatementView:
        """The file of the wire."""
        return {
            "id": self.id,
            "kind": self.kind,
            "providerId": self.provider_id,
            "fileName": self.file_name,
            "status": self.status,
            "rows": self.rows,
            "matched": self.matched,
            "settlements": self.settlements,
            "unmatched": self.unmatched,
            "duplicates": self.duplicates,
            "invalid": self.invalid,
            "ignored": self.ignored,
            "matchedAmount": self.matched_amount,
            "uploadedByName": self.uploaded_by_name,
            "createdAt": self.created_at,
            "appliedAt": self.applied_at,
        }


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as it is listed."""

    id: int
    row_no: int
    kind: str
    happened_on: date | None
    amount: Decimal | None
    fee: Decimal
    tax: Decimal
    subject: str
    utr: str | None
    settlement: str | None
    narration: str | None
    outcome: str
    problem: str | None
    case_id: int | None
    payment_id: int | None

    def to_public(self) -> StatementLineView:
        """The line of the wire."""
        return {
            "id": self.id,
            "row": self.row_no,
            "kind": self.kind,
            "date": self.happened_on,
            "amount": self.amount,
            "fee": self.fee,
            "tax": self.tax,
            "reference": self.subject,
            "utr": self.utr,
            "settlementId": self.settlement,
            "narration": self.narration,
            "outcome": self.outcome,
            "problem": self.problem,
            "caseId": None if self.case_id is None else code("case", self.case_id),
            "paymentId": None if self.payment_id is None else code("payment", self.payment_id),
        }


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """An exception as it is listed."""

    id: int
    kind: str
    subject: str
    amount: Decimal
    details: str
    case_id: int | None
    payment_id: int | None
    status: str
    reason: str | None
    resolved_by_name: str | None
    resolved_at: datetime | None
    created_at: datetime

    def to_public(self) -> ExceptionView:
        """The exception of the wire."""
        return {
            "id": self.id,
            "kind": self.kind,
            "subject": self.subject,
            "amount": self.amount,
            "details": self.details,
            "caseId": None if self.case_id is None else code("case", self.case_id),
            "paymentId": None if self.payment_id is None else code("payment", self.payment_id),
            "status": self.status,
            "reason": self.reason,
            "resolvedByName": self.resolved_by_name,
            "resolvedAt": self.resolved_at,
            "createdAt": self.created_at,
        }


def _narrowed(caller: Caller, column: str, **conditions: tuple[str, object]) -> tuple[str, dict[str, object]]:
    where, params = [f"{column} = any(%(clients)s)"], {"clients": list(caller.client_ids)}
    values: dict[str, object] = {**params}
    for name, (condition, value) in conditions.items():
        if value is not None:
            where.append(condition)
            values[name] = value
    return " and ".join(where), values


def statements(caller: Caller, kind: str | None, search: str | None, sort: str | None) -> Listing[StatementRow]:
    """The files, newest first; `search` finds a piece of the name."""
    where, params = _narrowed(
        caller, "f.client_id", kind=("f.kind = %(kind)s", kind), name=("f.file_name ilike %(name)s", containing(search))
    )
    sorts = {"createdAt": "f.id", "fileName": "f.file_name", "status": "f.status"}
    return Listing(
        "statements", _FILES, where, ordering(sort, sorts, "-createdAt", "f.id"), params, StatementRow.to_public,
        ("id", "kind", "fileName", "status", "rows", "matched", "unmatched", "duplicates", "invalid", "ignored", "matchedAmount",
         "uploadedByName", "createdAt", "appliedAt"),
        counted="statement_files f", row=StatementRow,
    )  # fmt: skip


async def statement(reads: Reads, caller: Caller, file_id: int) -> StatementRow:
    """One file. Raises NotFound."""
    sql = f"{_FILES} where f.id = %(id)s and f.client_id = any(%(clients)s)"
    found = await reads.fetch_one(StatementRow, sql, {"id": file_id, "clients": list(caller.client_ids)})
    if found is None:
        raise NotFound(f"There is no bank or settlement file {file_id}.")
    return found


async def stored(session: AsyncSession, caller: Caller, file_id: int) -> StatementRow:
    """One file, as the session's transaction has it. Raises LookupError when it is not there."""
    sql = f"{_FILES} where f.id = %(id)s and f.client_id = any(%(clients)s)"
    return await db.fetch_only(session, StatementRow, sql, {"id": file_id, "clients": list(caller.client_ids)})


def lines(caller: Caller, file_id: int, outcome: str | None, search: str | None, sort: str | None) -> Listing[LineRow]:
    """The lines of a file in its order; `search` finds a piece of the reference or the narration."""
    where, params = _narrowed(
        caller,
        "f.client_id",
        file_id=("l.file_id = %(file_id)s", file_id),
        outcome=("l.outcome = %(outcome)s", outcome),
        text=("(l.subject ilike %(text)s or l.narration ilike %(text)s)", containing(search)),
    )
    sorts = {
        "row": "l.row_no",
        "amount": "l.amount nulls last",
        "outcome": "l.outcome",
        "date": "l.happened_on nulls last",
    }
    return Listing(
        "lines", _LINES, where, ordering(sort, sorts, "row", "l.id"), params, LineRow.to_public,
        ("row", "kind", "date", "amount", "fee", "tax", "reference", "utr", "settlementId", "narration", "outcome", "problem",
         "caseId", "paymentId"),
        f"statement_{file_id}", row=LineRow,
    )  # fmt: skip


def exceptions(
    caller: Caller, status: str | None, kind: str | None, search: str | None, sort: str | None
) -> Listing[ExceptionRow]:
    """What does not agree, newest first; `search` finds a piece of the subject or the details."""
    where, params = _narrowed(
        caller,
        "x.client_id",
        status=("x.status = %(status)s", status),
        kind=("x.kind = %(kind)s", kind),
        text=("(x.subject ilike %(text)s or x.details ilike %(text)s)", containing(search)),
    )
    sorts = {"createdAt": "x.id", "amount": "x.amount", "kind": "x.kind", "status": "x.status"}
    return Listing(
        "exceptions", _EXCEPTIONS, where, ordering(sort, sorts, "-createdAt", "x.id"), params, ExceptionRow.to_public,
        ("id", "kind", "subject", "amount", "details", "caseId", "paymentId", "status", "reason", "resolvedByName", "resolvedAt",
         "createdAt"),
        "payment_exceptions", row=ExceptionRow,
    )  # fmt: skip
