"""What the API answers of bank and settlement files, and of exceptions. Amounts in INR."""

from datetime import date, datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.kit.wire import Amount


class StatementView(TypedDict):
    """A file, and how many of its lines are what."""

    id: int
    kind: str
    providerId: int | None
    fileName: str
    status: str
    rows: int
    matched: int
    settlements: int
    unmatched: int
    duplicates: int
    invalid: int
    ignored: int
    matchedAmount: Amount
    uploadedByName: str | None
    createdAt: datetime
    appliedAt: datetime | None


class StatementList(TypedDict):
    """A page of the files."""

    statements: list[StatementView]
    pagination: Pagination


class StatementLineView(TypedDict):
    """A line of a file, and what it is."""

    id: int
    row: int
    kind: str
    date: date | None
    amount: Amount | None
    fee: Amount
    tax: Amount
    reference: str
    utr: str | None
    settlementId: str | None
    narration: str | None
    outcome: str
    problem: str | None
    caseId: str | None
    paymentId: str | None


class StatementLineList(TypedDict):
    """A page of a file's lines."""

    lines: list[StatementLineView]
    pagination: Pagination


class StatementTaken(TypedDict):
    """A file that was read and is not booked yet."""

    statement: StatementView
    message: str


class StatementApplied(TypedDict):
    """A file that was booked."""

    statement: StatementView
    receipts: int
    message: str


class ExceptionView(TypedDict):
    """What does not agree."""

    id: int
    kind: str
    subject: str
    amount: Amount
    details: str
    caseId: str | None
    paymentId: str | None
    status: str
    reason: str | None
    resolvedByName: str | None
    resolvedAt: datetime | None
    createdAt: datetime


class ExceptionList(TypedDict):
    """A page of the exceptions."""

    exceptions: list[ExceptionView]
    pagination: Pagination
