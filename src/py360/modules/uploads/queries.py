"""What is read about uploads. Every answer starts from the caller's clients."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from py360.kit import ids, sql
from py360.kit.caller import Caller, Predicate, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.paging import Page, pagination
from py360.kit.reads import Reads
from py360.modules.uploads import downloads
from py360.modules.uploads.issues import sentence
from py360.modules.uploads.progress import in_words, pace_of
from py360.modules.uploads.views import (
    AccountingView,
    BatchView,
    FailedRowsView,
    IssueCountView,
    IssueLinesView,
    IssuesView,
    IssueView,
    MappingView,
    PaceView,
    QuestionView,
    RefusalView,
    StatusView,
    StoredAccounting,
    StoredMapping,
    UndoView,
    UploadView,
)

# An upload is within reach as a case would be that is assigned to its uploader.
_OWNED: Final = """
select f.*, f.uploaded_by as assigned_to, h.node_id
from file_uploads f left join organization_public_homes h on h.user_id = f.uploaded_by
"""
_UPLOAD: Final = f"""
select u.id, u.client_id, b.batch_code, u.filename, u.original_filename, u.file_size, u.file_type, u.description,
  u.upload_status as status, u.upload_path as path, u.total_records, u.processed_records, u.successful_records, u.failed_records,
  u.new_records, u.changed_records, u.unchanged_records, u.warning_count, u.import_policy, u.accounting, u.mapping, u.questions,
  p.name as uploaded_by_name, u.created_at, u.processing_started_at as started_at, u.processing_completed_at as completed_at,
  u.error_details, u.undo_result
from ({_OWNED}) u
join upload_batches b on b.upload_id = u.id
left join identity_public_users p on p.id = u.uploaded_by
"""
_SORTS: Final = {
    "id": "u.id", "timestamp": "u.id", "createdAt": "u.id", "filename": "lower(u.filename)", "fileSize": "u.file_size",
    "status": "u.upload_status", "totalRecords": "u.total_records nulls last",
    "failedRecords": "u.failed_records nulls last",
}  # fmt: skip
_RUNNING: Final = ("processing", "needs_input")
_REST: Final = {"cancelled": "not_reached", "all_or_nothing": "not_imported"}


@dataclass(frozen=True, slots=True)
class UploadRow:
    """An upload with its batch; `accounting` holds what was read and skipped, the counts what became of the rest."""

    id: int
    client_id: int
    batch_code: str
    filename: str
    original_filename: str
    file_size: int
    file_type: str
    description: str | None
    status: Literal["processing", "needs_input", "completed", "failed", "cancelled", "undone"]
    path: str
    total_records: int | None
    processed_records: int
    successful_records: int | None
    failed_records: int | None
    new_records: int
    changed_records: int
    unchanged_records: int
    warning_count: int
    import_policy: Literal["accept_valid", "all_or_nothing"]
    accounting: StoredAccounting | None
    mapping: StoredMapping | None
    questions: list[QuestionView] | None
    uploaded_by_name: str | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    error_details: RefusalView | None
    undo_result: UndoView | None

    @property
    def mapping_view(self) -> MappingView | None:
        """How its file is read, as the API shows it; None before it was looked at."""
        return (self.mapping or {}).get("shown")


def within_reach(caller: Caller) -> Predicate:
    """The numbers of the uploads that a caller reaches, as a subquery, and its parameters."""
    within, params = reach_filter(caller, "u")
    return f"select u.id from ({_OWNED}) u where {within}", dict(params)


async def one(reads: Reads, caller: Caller, upload_id: int) -> UploadRow:
    """An upload; raises NotFound."""
    within, params = reach_filter(caller, "u")
    row = await reads.fetch_one(UploadRow, f"{_UPLOAD} where {within} and u.id = %(id)s", {**params, "id": upload_id})
    if row is None:
        raise NotFound(f"There is no upload {ids.code('upload', upload_id)} within your reach.")
    return row


async def newest_named(reads: Reads, caller: Caller, filename: str) -> UploadRow:
    """The newest upload of a file name; raises NotFound."""
    within, params = reach_filter(caller, "u")
    row = await reads.fetch_one(
        UploadRow,
        f"{_UPLOAD} where {within} and u.filename = %(name)s order by u.id desc limit 1",
        {**params, "name": filename},
    )
    if row is None:
        raise NotFound(f"There is no upload of a file “{filename}” within your reach.")
    return row


def _time_taken(row: UploadRow, now: datetime) -> float | None:
    return ((row.completed_at or now) - row.started_at).total_seconds() if row.started_at else None


def accounting_of(row: UploadRow) -> AccountingView | None:
    """What became of every row of the file; None while it is being imported, and where it could not be read."""
    if row.accounting is None or row.status in _RUNNING:
        return None
    skipped = dict(row.accounting["skipped"])
    imported, unchanged, failed = row.new_records + row.changed_records, row.unchanged_records, row.failed_records or 0
    rest = row.accounting["read"] - imported - unchanged - failed - sum(skipped.values())
    if rest:
        why = row.error_details["code"] if row.error_details else row.status
        skipped[_REST.get(why, "unaccounted" if row.error_details else "not_reached")] = rest
    return {
        "read": row.accounting["read"],
        "imported": imported,
        "unchanged": unchanged,
        "failed": failed,
        "skipped": skipped,
    }


def to_public(row: UploadRow, now: datetime, caller: Caller) -> UploadView:
    """An upload as lists and the status answer show it."""
    code = ids.code("upload", row.id)
    taken = _time_taken(row, now)
    return {
        "uploadId": code,
        "id": code,
        "clientId": row.client_id,
        "batchId": row.batch_code,
        "filename": row.filename,
        "originalFilename": row.original_filename,
        "fileSize": row.file_size,
        "fileType": row.file_type,
        "description": row.description,
        "status": row.status,
        "totalRecords": row.total_records,
        "processedRecords": row.processed_records,
        "successfulRecords": row.successful_records or 0,
        "failedRecords": row.failed_records or 0,
        "records": row.total_records,  # the screens have both names, of these three
        "successful": row.successful_records or 0,
        "failed": row.failed_records or 0,
        "newRecords": row.new_records,
        "changedRecords": row.changed_records,
        "unchangedRecords": row.unchanged_records,
        "warningRecords": row.warning_count,
        "importPolicy": row.import_policy,
        "accounting": accounting_of(row),
        "uploadedBy": row.uploaded_by_name,
        "timestamp": row.created_at,
        "processingStartedAt": row.started_at,
        "processingCompletedAt": row.completed_at,
        "processingTime": in_words(taken) if taken is not None else None,
        "errorDetails": row.error_details,
        "downloadUrl": downloads.address(caller, row.id),
        "errorsUrl": f"/api/upload/{code}/errors",
    }


async def status(reads: Reads, caller: Caller, upload_id: int, now: datetime) -> StatusView:
    """The state of an upload, with its questions and its mapping."""
    row = await one(reads, caller, upload_id)
    return {
        **to_public(row, now, caller),
        "questions": row.questions or [],
        "mapping": row.mapping_view,
        "undo": row.undo_result,
        **_pace(row, now),
    }


def _pace(row: UploadRow, now: datetime) -> PaceView:
    if row.status != "processing":
        return {}
    done = row.processed_records
    pace = pace_of(done, max((row.total_records or 0) - done, 0), _time_taken(row, now) or 0.0)
    return {"rowsPerSecond": pace.rows_per_second, "secondsLeft": pace.seconds_left, "estimated": pace.estimated}


def history(
    caller: Caller, now: datetime, sort: str | None, state: str | None, search: str | None
) -> Listing[UploadRow]:
    """The uploads within reach, newest first."""
    within, params = reach_filter(caller, "u")
    return Listing(
        "uploads",
        _UPLOAD,
        f"{within} and (%(state)s::text is null or u.upload_status = %(state)s)"
        " and (%(search)s::text is null or u.filename ilike %(search)s or u.description ilike %(search)s)",
        ordering(sort, _SORTS, "-timestamp", "u.id"),
        {**params, "state": state, "search": containing(search)},
        lambda row: to_public(row, now, caller),
        (
            "uploadId", "batchId", "filename", "fileSize", "description", "status", "totalRecords", "successfulRecords",
            "failedRecords", "newRecords", "changedRecords", "unchangedRecords", "uploadedBy", "timestamp",
            "processingTime",
        ),
        row=UploadRow,
    )  # fmt: skip


_ISSUE_SORTS: Final = {
    "row": "min(row_no) nulls first",
    "column": "column_name nulls last",
    "code": "code",
    "occurrences": "sum(occurrences)",
}


@dataclass(frozen=True, slots=True)
class _Issue:
    row: int | None
    column: str | None
    value: str | None
    code: str
    occurrences: int


@dataclass(frozen=True, slots=True)
class _Failed:
    code: str
    rows: int


@dataclass(frozen=True, slots=True)
class _IssueCount:
    severity: Literal["error", "warning"]
    code: str
    lines: int
    rows: int


async def errors(
    reads: Reads, caller: Caller, upload_id: int, page: Page, severity: str | None, code: str | None
) -> IssuesView:
    """What was wrong, row by row, with how to fix it; warnings once per distinct value."""
    await one(reads, caller, upload_id)
    params = {
        "id": upload_id,
        "severity": severity or "error",
        "code": code,
        "limit": page.limit,
        "offset": page.offset,
    }
    mine = "upload_id = %(id)s and severity = %(severity)s and (%(code)s::text is null or code = %(code)s)"
    groups = "group by column_name, value, code, case when severity = 'error' then row_no end"
    total = await reads.fetch_only(
        int, f"select count(*) from (select 1 from upload_row_issues where {mine} {groups}) grouped", params
    )
    issues = await reads.fetch_all(
        _Issue,
        'select min(row_no) as "row", column_name as "column", value, code, sum(occurrences)::int as "occurrences"'
        f" from upload_row_issues where {mine} {groups}"
        f" order by {ordering(page.sort, _ISSUE_SORTS, 'row', 'code')} limit %(limit)s offset %(offset)s",
        params,
    )
    found = [_public_issue(each) for each in issues]
    lines: IssueLinesView = {"warnings": found} if severity == "warning" else {"errors": found}
    return {
        "uploadId": ids.code("upload", upload_id),
        **lines,
        "failedRows": await _failed(reads, upload_id),
        "summary": await _summary(reads, upload_id),
        "pagination": pagination(page, total),
    }


def _public_issue(issue: _Issue) -> IssueView:
    return {
        "row": issue.row,
        "column": issue.column,
        "value": issue.value,
        "code": issue.code,
        "occurrences": issue.occurrences,
        "message": sentence(issue.code),
    }


async def _failed(reads: Reads, upload_id: int) -> list[FailedRowsView]:
    rows = await reads.fetch_all(
        _Failed,
        "select code, count(*)::int as rows from upload_rows where upload_id = %(id)s and outcome = 'failed'"
        " group by code order by count(*) desc, code",
        {"id": upload_id},
    )
    return [{"code": each.code, "rows": each.rows, "message": sentence(each.code)} for each in rows]


async def _summary(reads: Reads, upload_id: int) -> list[IssueCountView]:
    rows = await reads.fetch_all(
        _IssueCount,
        "select severity, code, count(distinct row_no)::int as lines, sum(occurrences)::int as rows from upload_row_issues"
        " where upload_id = %(id)s group by severity, code order by severity, code",
        {"id": upload_id},
    )
    return [{"severity": each.severity, "code": each.code, "lines": each.lines, "rows": each.rows} for each in rows]


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A failed row: its number, what was wrong, and in which columns."""

    row_no: int
    codes: list[str]
    columns: list[str | None]


async def failed_rows(reads: Reads, upload_id: int) -> AsyncIterator[FailedRow]:
    """The failed rows, in the file's order."""
    async for row in reads.fetch_stream(
        FailedRow,
        "select r.row_no, coalesce(array_agg(i.code order by i.id) filter (where i.code is not null), array[r.code::text])"
        " as codes, coalesce(array_agg(i.column_name order by i.id) filter (where i.code is not null), array[]::text[])"
        " as columns from upload_rows r left join upload_row_issues i"
        " on i.upload_id = r.upload_id and i.row_no = r.row_no and i.severity = 'error'"
        " where r.upload_id = %(id)s and r.outcome = 'failed' group by r.row_no, r.code order by r.row_no",
        {"id": upload_id},
    ):
        yield row


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch and the state of its cases."""

    batch_code: str
    upload_id: int
    client_id: int
    created_at: datetime
    file_name: str
    renewed: int
    failed: int
    pending: int
    total: int
    received: int
    received_amount: Decimal
    pending_amount: Decimal


async def batches(reads: Reads, caller: Caller, limit: int) -> list[BatchView]:
    """The state of the cases of the newest batches within reach (domain reference 5.4): counts, and amounts in INR."""
    within, params = reach_filter(caller)
    mine, _ = within_reach(caller)
    statement = sql.read(__file__, "list_batches").replace("{uploads}", mine).replace("{cases}", within)
    rows = await reads.fetch_all(BatchRow, statement, {**params, "limit": limit})
    return [_public_batch(row) for row in rows]


def _public_batch(row: BatchRow) -> BatchView:
    return {
        "id": row.batch_code,
        "clientId": row.client_id,
        "uploadId": ids.code("upload", row.upload_id),
        "uploadDate": row.created_at,
        "fileName": row.file_name,
        "totalCases": row.total,
        "status": {
            "renewed": row.renewed,
            "inProgress": row.total - row.renewed - row.failed - row.pending,
            "failed": row.failed,
            "pending": row.pending,
        },
        "payment": {
            "received": row.received,
            "pending": row.total - row.received,
            "receivedAmount": row.received_amount,
            "pendingAmount": row.pending_amount,
        },
    }
