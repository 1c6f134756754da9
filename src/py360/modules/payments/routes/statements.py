"""Bank and settlement files, and the queue of what does not agree."""

from typing import Annotated, Final, Literal

from fastapi import File, Form, Path, Response, UploadFile

from py360.kit.errors import Invalid, TooLarge
from py360.kit.http import Answer, AsFile, DbReads, Message, PageParams, Search, Session, listed, ok
from py360.kit.ids import number as key
from py360.modules.payments.access import CanReconcile
from py360.modules.payments.reconciliation import resolve as resolving
from py360.modules.payments.reconciliation.schemas import ResolutionIn
from py360.modules.payments.routes.base import router
from py360.modules.payments.statements import apply as applying
from py360.modules.payments.statements import queries, receive
from py360.modules.payments.statements.read import read
from py360.modules.payments.statements.views import (
    ExceptionList,
    StatementApplied,
    StatementLineList,
    StatementList,
    StatementTaken,
    StatementView,
)

MAX_FILE: Final = 20 << 20  # bytes
Number = Annotated[int, Path(gt=0, lt=2**63)]
ExceptionKind = Literal[
    "unallocated_credit", "closed_case", "suspicious", "unmatched_receipt", "missing_in_settlement", "unknown_in_settlement",
    "settlement_differs", "missing_at_bank", "bank_differs",
]  # fmt: skip
Outcome = Literal["matched", "settlement", "unmatched", "duplicate", "invalid", "ignored"]


@router.post(
    "/payments/statements", status_code=201, response_model=Answer[StatementTaken], max_body_size=MAX_FILE + (1 << 16)
)
async def upload_statement(
    session: Session,
    caller: CanReconcile,
    file: Annotated[UploadFile, File(description="CSV or XLSX, at most 20 MB and 50,000 rows")],
    kind: Annotated[Literal["bank", "settlement"], Form(description="Of the bank, or of a gateway")],
    provider_id: Annotated[int | None, Form(alias="providerId", gt=0, lt=2**63)] = None,
) -> Response:
    """Read a file of the bank or of a gateway's settlements and show what each line is. Nothing is booked before it is applied."""
    content = await file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise TooLarge("A bank or settlement file may have at most 20 MB. Split it.")
    if not content:
        raise Invalid(
            "The file is empty.", code="file_empty", details=[{"field": "file", "message": "must hold something"}]
        )
    found = await read(kind, content)
    number = await receive.store(session, caller, kind, provider_id, file.filename or "file", content, found)
    row = await queries.stored(session, caller, number)
    return ok({"statement": row.to_public(), "message": "The file was read. Look at its lines, then apply it."}, 201)


@router.get("/payments/statements", response_model=Answer[StatementList])
async def list_statements(
    reads: DbReads,
    caller: CanReconcile,
    page: PageParams,
    kind: Literal["bank", "settlement"] | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The files of the bank and of gateways, newest first."""
    return await listed(reads, queries.statements(caller, kind, search, page.sort), page, as_file)


@router.get("/payments/statements/{statement_id}", response_model=Answer[StatementView])
async def read_statement(reads: DbReads, caller: CanReconcile, statement_id: Number) -> Response:
    """One file, and how many of its lines are what."""
    return ok((await queries.statement(reads, caller, statement_id)).to_public())


@router.get("/payments/statements/{statement_id}/lines", response_model=Answer[StatementLineList])
async def list_lines(
    reads: DbReads,
    caller: CanReconcile,
    statement_id: Number,
    page: PageParams,
    outcome: Outcome | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The lines of a file: what each is, and why."""
    await queries.statement(reads, caller, statement_id)
    return await listed(reads, queries.lines(caller, statement_id, outcome, search, page.sort), page, as_file)


@router.post("/payments/statements/{statement_id}/apply", response_model=Answer[StatementApplied])
async def apply_statement(session: Session, caller: CanReconcile, statement_id: Number) -> Response:
    """Book a file: receipts on their cases, settlements and what is not matched in the ledger; differences become exceptions."""
    booked = await applying.apply(session, caller, statement_id)
    row = await queries.stored(session, caller, statement_id)
    return ok({"statement": row.to_public(), "receipts": booked, "message": f"The file is booked: {booked} receipts."})


@router.delete("/payments/statements/{statement_id}", response_model=Answer[Message])
async def discard_statement(session: Session, caller: CanReconcile, statement_id: Number) -> Response:
    """Forget a file that was not applied; it may be uploaded again."""
    await applying.discard(session, caller, statement_id)
    return ok({"message": "The file is discarded."})


@router.get("/payments/exceptions", response_model=Answer[ExceptionList])
async def list_exceptions(
    reads: DbReads,
    caller: CanReconcile,
    page: PageParams,
    status: Literal["open", "resolved"] | None = None,
    kind: ExceptionKind | None = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What does not agree between payments, settlements and the bank, and money that pays nothing; newest first."""
    return await listed(reads, queries.exceptions(caller, status, kind, search, page.sort), page, as_file)


@router.post("/payments/exceptions/{exception_id}/resolve", response_model=Answer[Message])
async def resolve_exception(
    session: Session, caller: CanReconcile, exception_id: Number, body: ResolutionIn
) -> Response:
    """Resolve an exception with a reason; with `caseId`, a receipt that is not matched is booked on that case."""
    case_id = None if body.case_id is None else key("case", body.case_id)
    await resolving.resolve(session, caller, exception_id, body.reason, case_id)
    return ok({"message": "The exception is resolved."})
