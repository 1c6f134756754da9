"""What the API answers about uploads."""

from datetime import datetime
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from py360.kit.paging import Pagination
from py360.kit.wire import Amount


class AccountingView(TypedDict):
    """Every line of a text file, or row of a sheet: `read` is the sum of the others.

    `skipped` by reason: title, heading, blank, total, note, continued (a line break inside a cell), hidden, cancelled, renewed,
    lapsed (left out as the office chose), not_imported (all or nothing), not_reached (the import was stopped), unaccounted (the
    import failed because its numbers do not add up).
    """

    read: int
    imported: int
    unchanged: int
    failed: int
    skipped: dict[str, int]


class StoredAccounting(TypedDict):
    """What `file_uploads.accounting` keeps: lines read, and those left out by reason."""

    read: int
    skipped: dict[str, int]


class MappedColumnView(TypedDict):
    """One column of the file that feeds one of ours, and why."""

    field: str
    column: str
    how: Literal["caller", "remembered", "exact", "synonym", "fuzzy", "values"]
    why: str


class DecisionView(TypedDict):
    """What was decided without asking; `id` is that of the question it spared."""

    id: str
    value: str
    how: Literal["caller", "remembered", "values"]
    why: str


class MappingView(TypedDict):
    """How a file is read."""

    columns: list[MappedColumnView]
    unmapped: list[str]
    values: dict[str, str]
    dateOrders: dict[str, str]
    decisions: NotRequired[list[DecisionView]]


class StoredMapping(TypedDict, total=False):
    """What `file_uploads.mapping` and `upload_mappings.mapping` keep: the office's choices, and how the file is read."""

    columns: dict[str, str]
    dateOrders: dict[str, str]
    values: dict[str, str]
    dateCells: dict[str, str]
    rows: dict[str, str]
    shown: MappingView


class QuestionView(TypedDict):
    """What only a person can answer; the answer goes into the part of the mapping that `id` names."""

    id: str
    kind: Literal["column", "date_order", "date_cells", "rows"]
    question: str
    options: list[str]
    fields: NotRequired[list[str]]
    column: NotRequired[str]
    examples: NotRequired[list[str]]
    samples: NotRequired[dict[str, list[str]]]


class RefusalView(TypedDict):
    """Why an import failed as a whole."""

    code: str
    message: str


class UploadView(TypedDict):
    """An upload as lists show it."""

    uploadId: str
    id: str
    clientId: int
    batchId: str
    filename: str
    originalFilename: str
    fileSize: int
    fileType: str
    description: str | None
    status: Literal["processing", "needs_input", "completed", "failed", "cancelled", "undone"]
    totalRecords: int | None
    processedRecords: int
    successfulRecords: int
    failedRecords: int
    records: int | None
    successful: int
    failed: int
    newRecords: int
    changedRecords: int
    unchangedRecords: int
    warningRecords: int
    importPolicy: Literal["accept_valid", "all_or_nothing"]
    accounting: AccountingView | None
    uploadedBy: str | None
    timestamp: datetime
    processingStartedAt: datetime | None
    processingCompletedAt: datetime | None
    processingTime: str | None
    errorDetails: RefusalView | None
    downloadUrl: str
    errorsUrl: str


class KeptRowView(TypedDict):
    """A row that an undo left as it is."""

    row: int
    caseId: str | None
    reason: str
    message: str


class UndoView(TypedDict):
    """What an undo took back, and what it left."""

    uploadId: str
    status: Literal["undone"]
    casesRemoved: int
    policiesRemoved: int
    policiesRestored: int
    customersRemoved: int
    keptRecords: int
    kept: list[KeptRowView]


class PaceView(TypedDict, total=False):
    """How fast the import goes, and the seconds it still needs; only while it runs."""

    rowsPerSecond: int
    secondsLeft: float
    estimated: bool


class StatusView(UploadView, PaceView):
    """The state of an upload."""

    questions: list[QuestionView]
    mapping: MappingView | None
    undo: UndoView | None


class ReceivedView(TypedDict):
    """A file that was taken in."""

    uploadId: str
    filename: str
    status: Literal["processing"]
    totalRecords: int
    estimatedProcessingTime: str
    mapping: MappingView


class RefusedView(TypedDict):
    """A file of several that was refused."""

    filename: str
    code: str
    message: str


class ReceivedFilesView(TypedDict):
    """Several files, each taken in or refused."""

    uploads: list[ReceivedView]
    refused: list[RefusedView]


class UploadsView(TypedDict):
    """A page of the history."""

    uploads: list[UploadView]
    pagination: Pagination


class IssueView(TypedDict):
    """What is wrong with a value, in how many rows, and how to fix it; `row` is the first."""

    row: int | None
    column: str | None
    value: str | None
    code: str
    occurrences: int
    message: str


class FailedRowsView(TypedDict):
    """How many rows failed under a code."""

    code: str
    rows: int
    message: str


class IssueCountView(TypedDict):
    """How often an issue occurs."""

    severity: Literal["error", "warning"]
    code: str
    lines: int
    rows: int


class IssueLinesView(TypedDict, total=False):
    """The issues: under `errors`, or under `warnings` when the request names that severity."""

    errors: list[IssueView]
    warnings: list[IssueView]


class IssuesView(IssueLinesView):
    """What was wrong with a file."""

    uploadId: str
    failedRows: list[FailedRowsView]
    summary: list[IssueCountView]
    pagination: Pagination


class ChangeView(TypedDict("_Change", {"from": object, "to": object})):
    """A field of a policy that a file would change."""

    field: str


class DifferenceView(TypedDict):
    """A policy that a file would change."""

    row: int
    policyNumber: str
    changes: list[ChangeView]


class OutcomesView(TypedDict):
    """How many rows would be new, changed, unchanged and rejected."""

    new: int
    changed: int
    unchanged: int
    rejected: int


class PreviewView(TypedDict):
    """What a file would do; the counts come once there is no question left."""

    filename: str
    sheet: str | None
    headerRow: int
    totalRecords: int
    status: Literal["ready", "needs_input"]
    mapping: MappingView
    questions: list[QuestionView]
    accounting: NotRequired[AccountingView]
    counts: NotRequired[OutcomesView]
    differences: NotRequired[list[DifferenceView]]
    errors: NotRequired[list[IssueView]]
    warnings: NotRequired[list[IssueView]]


class MappingAnswerView(TypedDict):
    """The mapping of an upload and its open questions."""

    mapping: MappingView | None
    questions: list[QuestionView]


class AnsweredView(TypedDict):
    """The import continues."""

    uploadId: str
    status: Literal["processing"]
    message: str


class CancelledView(TypedDict):
    """The import was stopped."""

    uploadId: str
    status: Literal["cancelled"]
    importedRecords: int
    message: str


class BatchStatusView(TypedDict):
    """How many cases of a batch are where."""

    renewed: int
    inProgress: int
    failed: int
    pending: int


class BatchPaymentView(TypedDict):
    """How many cases of a batch are paid, and amounts in INR."""

    received: int
    pending: int
    receivedAmount: Amount
    pendingAmount: Amount


class BatchView(TypedDict):
    """The state of the cases of a batch."""

    id: str
    clientId: int
    uploadId: str
    uploadDate: datetime
    fileName: str
    totalCases: int
    status: BatchStatusView
    payment: BatchPaymentView


class ResumableView(TypedDict):
    """A resumable upload: how much of it is here, and the upload it has become."""

    uploadId: str | None
    offset: int
    length: int
    expiresAt: datetime


class ChunkedView(TypedDict):
    """An upload that is sent in chunks: so many, of `chunkSize` bytes each but the last."""

    id: str
    chunkSize: int
    chunks: int
    expiresAt: datetime


class ChunkTakenView(TypedDict):
    """A chunk that is here; `received` bytes of `size` are. `next` is null after the last."""

    number: int
    received: int
    size: int
    next: int | None


class ChunkUploadView(TypedDict):
    """The upload that the chunks have become."""

    uploadId: str
    status: Literal["processing"]
    message: str
