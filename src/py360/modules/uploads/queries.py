"""What is read about uploads. Every answer starts from the caller's clients."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.paging import Page, pagination
from py360.kit.reads import Reads
from py360.modules.uploads.issues import sentence
from py360.modules.uploads.progress import in_words, pace_of

# An upload is within reach as a case would be that is assigned to its uploader.
_OWNED: Final = """
select f.*, f.uploaded_by as assigned_to, h.node_id
from file_uploads f left join organization_public_homes h on h.user_id = f.uploaded_by
"""
_UPLOAD: Final = f"""
select u.*, b.batch_code, p.name as uploaded_by_name
from ({_OWNED}) u
join upload_batches b on b.upload_id = u.id
left join identity_public_users p on p.id = u.uploaded_by
"""
_SORTS: Final = {
    "id": "u.id", "timestamp": "u.id", "createdAt": "u.id", "filename": "lower(u.filename)", "fileSize": "u.file_size",
    "status": "u.upload_status", "totalRecords": "u.total_records nulls last",
    "failedRecords": "u.failed_records nulls last",
}  # fmt: skip


def within_reach(caller: Caller) -> tuple[str, dict[str, Any]]:
    """The numbers of the uploads that a caller reaches, as a subquery, and its parameters."""
    within, params = reach_filter(caller, "u")
    return f"select u.id from ({_OWNED}) u where {within}", dict(params)


async def one(reads: Reads, caller: Caller, upload_id: int) -> dict[str, Any]:
    """An upload's row; raises NotFound."""
    within, params = reach_filter(caller, "u")
    row = await reads.one(f"{_UPLOAD} where {within} and u.id = %(id)s", {**params, "id": upload_id})
    if row is None:
        raise NotFound(f"There is no upload {ids.code('upload', upload_id)} within your reach.")
    return row


async def newest_named(reads: Reads, caller: Caller, filename: str) -> dict[str, Any]:
    """The row of the newest upload of a file name; raises NotFound."""
    within, params = reach_filter(caller, "u")
    row = await reads.one(
        f"{_UPLOAD} where {within} and u.filename = %(name)s order by u.id desc limit 1", {**params, "name": filename}
    )
    if row is None:
        raise NotFound(f"There is no upload of a file “{filename}” within your reach.")
    return row


def _time_taken(row: Mapping[str, Any], now: datetime) -> float | None:
    begun, ended = row["processing_started_at"], row["processing_completed_at"]
    return ((ended or now) - begun).total_seconds() if begun else None


def to_public(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """An upload as lists and the status answer show it."""
    code = ids.code("upload", row["id"])
    taken = _time_taken(row, now)
    return {
        "uploadId": code,
        "id": code,
        "clientId": row["client_id"],
        "batchId": row["batch_code"],
        "filename": row["filename"],
        "originalFilename": row["original_filename"],
        "fileSize": row["file_size"],
        "fileType": row["file_type"],
        "description": row["description"],
        "status": row["upload_status"],
        "totalRecords": row["total_records"],
        "processedRecords": row["processed_records"],
        "successfulRecords": row["successful_records"] or 0,
        "failedRecords": row["failed_records"] or 0,
        "newRecords": row["new_records"],
        "changedRecords": row["changed_records"],
        "unchangedRecords": row["unchanged_records"],
        "warningRecords": row["warning_count"],
        "importPolicy": row["import_policy"],
        "uploadedBy": row["uploaded_by_name"],
        "timestamp": row["created_at"],
        "processingStartedAt": row["processing_started_at"],
        "processingCompletedAt": row["processing_completed_at"],
        "processingTime": in_words(taken) if taken is not None else None,
        "errorDetails": row["error_details"],
        "downloadUrl": f"/api/upload/download/{code}",
        "errorsUrl": f"/api/upload/{code}/errors",
    }


async def status(reads: Reads, caller: Caller, upload_id: int, now: datetime) -> dict[str, Any]:
    """How an upload stands, with its questions and its mapping."""
    row = await one(reads, caller, upload_id)
    answer = to_public(row, now)
    if row["upload_status"] == "processing":
        done = row["processed_records"] or 0
        answer |= pace_of(done, max((row["total_records"] or 0) - done, 0), _time_taken(row, now) or 0.0)
    answer["questions"] = row["questions"] or []
    answer["mapping"] = (row["mapping"] or {}).get("shown")
    answer["undo"] = row["undo_result"]
    return answer


def history(caller: Caller, now: datetime, sort: str | None, state: str | None, search: str | None) -> Listing:
    """The uploads within reach, newest first."""
    within, params = reach_filter(caller, "u")
    return Listing(
        "uploads",
        _UPLOAD,
        f"{within} and (%(state)s::text is null or u.upload_status = %(state)s)"
        " and (%(search)s::text is null or u.filename ilike %(search)s or u.description ilike %(search)s)",
        ordering(sort, _SORTS, "-timestamp", "u.id"),
        {**params, "state": state, "search": containing(search)},
        lambda row: to_public(row, now),
        (
            "uploadId", "batchId", "filename", "fileSize", "description", "status", "totalRecords", "successfulRecords",
            "failedRecords", "newRecords", "changedRecords", "unchangedRecords", "uploadedBy", "timestamp",
            "processingTime",
        ),
    )  # fmt: skip


_ISSUE_SORTS: Final = {
    "row": "min(row_no) nulls first",
    "column": "column_name nulls last",
    "code": "code",
    "occurrences": "sum(occurrences)",
}


async def errors(
    reads: Reads, caller: Caller, upload_id: int, page: Page, severity: str | None, code: str | None
) -> dict[str, Any]:
    """What was wrong, row by row, with how to mend it; warnings once per distinct value."""
    await one(reads, caller, upload_id)
    params = {
        "id": upload_id,
        "severity": severity or "error",
        "code": code,
        "limit": page.limit,
        "offset": page.offset,
    }
    mine = "upload_id = %(id)s and severity = %(severity)s and (%(code)s::text is null or code = %(code)s)"
    total = await reads.value(
        f"select count(*) from (select 1 from upload_row_issues where {mine} group by column_name, value, code,"
        " case when severity = 'error' then row_no end) grouped",
        params,
    )
    rows = await reads.all(
        'select min(row_no) as "row", column_name as "column", value, code, sum(occurrences)::int as "occurrences"'
        f" from upload_row_issues where {mine} group by column_name, value, code,"
        f" case when severity = 'error' then row_no end order by {ordering(page.sort, _ISSUE_SORTS, 'row', 'code')}"
        " limit %(limit)s offset %(offset)s",
        params,
    )
    summary = await reads.all(
        "select severity, code, count(distinct row_no)::int as lines, sum(occurrences)::int as rows from upload_row_issues"
        " where upload_id = %(id)s group by severity, code order by severity, code",
        params,
    )
    failed = await reads.all(
        "select code, count(*)::int as rows from upload_rows where upload_id = %(id)s and outcome = 'failed'"
        " group by code order by count(*) desc, code",
        params,
    )
    name = "warnings" if params["severity"] == "warning" else "errors"
    return {
        "uploadId": ids.code("upload", upload_id),
        name: [{**row, "message": sentence(row["code"])} for row in rows],
        "failedRows": [{**row, "message": sentence(row["code"])} for row in failed],
        "summary": summary,
        "pagination": pagination(page, total),
    }


async def failed_rows(reads: Reads, upload_id: int) -> AsyncIterator[dict[str, Any]]:
    """Each failed row's number, its codes and sentences, in the file's order."""
    async for row in reads.stream(
        "select r.row_no, coalesce(array_agg(i.code order by i.id) filter (where i.code is not null), array[r.code::text])"
        " as codes, coalesce(array_agg(i.column_name order by i.id) filter (where i.code is not null), array[]::text[])"
        " as columns from upload_rows r left join upload_row_issues i"
        " on i.upload_id = r.upload_id and i.row_no = r.row_no and i.severity = 'error'"
        " where r.upload_id = %(id)s and r.outcome = 'failed' group by r.row_no, r.code order by r.row_no",
        {"id": upload_id},
    ):
        yield row


async def batches(reads: Reads, caller: Caller, limit: int) -> list[dict[str, Any]]:
    """How the cases of the newest batches within reach stand (domain reference 5.4): counts, and amounts in INR."""
    within, params = reach_filter(caller)
    mine, _ = within_reach(caller)
    rows = await reads.all(
        f"""
        select b.batch_code, b.upload_id, b.client_id, b.created_at, b.file_name, counts.*
        from (
          select b.id, b.batch_code, b.upload_id, f.client_id, b.created_at, b.file_name
          from upload_batches b join file_uploads f on f.id = b.upload_id
          where b.upload_id in ({mine}) or exists (select from cases_public_progress c where c.batch_id = b.id and {within})
          order by b.id desc limit %(limit)s
        ) b
        left join lateral (
          select
            count(*) filter (where c.status = 'renewed') as renewed,
            count(*) filter (where c.status in ('failed', 'lapsed', 'cancelled')) as failed,
            count(*) filter (where c.status in ('uploaded', 'validated', 'pending')) as pending,
            count(*) as total,
            count(*) filter (where c.payment_status = 'completed') as received,
            coalesce(sum(c.renewal_amount) filter (where c.payment_status = 'completed'), 0) as received_amount,
            coalesce(sum(c.renewal_amount) filter (where c.payment_status <> 'completed'), 0) as pending_amount
          from cases_public_progress c where c.batch_id = b.id and {within}
        ) counts on true
        order by b.id desc
        """,
        {**params, "limit": limit},
    )
    return [_public_batch(row) for row in rows]


def _public_batch(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["batch_code"],
        "clientId": row["client_id"],
        "uploadId": ids.code("upload", row["upload_id"]),
        "uploadDate": row["created_at"],
        "fileName": row["file_name"],
        "totalCases": row["total"],
        "status": {
            "renewed": row["renewed"],
            "inProgress": row["total"] - row["renewed"] - row["failed"] - row["pending"],
            "failed": row["failed"],
            "pending": row["pending"],
        },
        "payment": {
            "received": row["received"],
            "pending": row["total"] - row["received"],
            "receivedAmount": row["received_amount"],
            "pendingAmount": row["pending_amount"],
        },
    }
