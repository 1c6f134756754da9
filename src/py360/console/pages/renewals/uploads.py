"""Policy files: sending them, what is asked about them, what became of their rows."""

import asyncio
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit import resources
from py360.samples import portfolio

MAX_FILE: Final = 1100 << 20  # bytes; the API's own limit is the smaller one
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
router = PageRouter(max_body_size=MAX_FILE)

UPLOADS: Final = Listing(
    address="/uploads",
    path="/upload/history",
    key="uploads",
    title=text("Uploads"),
    icon="upload",
    live="upload.progress",
    nothing=text("No files yet"),
    nothing_text=text("Drop a policy file above. Its columns are recognised, and what is unclear is asked."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("File name or description")),
        Filter(
            "status",
            text("Status"),
            choices=(
                ("processing", text("Processing")),
                ("needs_input", text("Needs input")),
                ("completed", text("Completed")),
                ("failed", text("Failed")),
                ("cancelled", text("Cancelled")),
                ("undone", text("Undone")),
            ),
        ),
    ),
    columns=(
        Column("filename", text("File"), link="/uploads/{uploadId}", lead=True, under="uploadedBy"),
        Column("status", text("Status"), "badge"),
        Column("timestamp", text("Uploaded"), "moment"),
        Column("totalRecords", text("Rows"), "number"),
        Column("successfulRecords", text("Imported"), "number"),
        Column("failedRecords", text("Failed"), "number"),
        Column("fileSize", text("Size"), "size"),
    ),
)
ERRORS: Final = Listing(
    address="/uploads",
    path="",
    key="",
    title=text("Rows with problems"),
    filters=(
        Filter("severity", text("Kind"), choices=(("error", text("Errors")), ("warning", text("Warnings")))),
        Filter("code", text("Problem")),
    ),
    columns=(),
    export=False,
)
CanUpload = Annotated[Visit, Depends(VisitWith("upload"))]


@router.get("/uploads")
async def uploads(visit: Annotated[Visit, Depends(VisitWith("upload", query=UPLOADS.query))]) -> Response:
    """Send files, and see what became of earlier ones."""
    return await UPLOADS.show(visit, "uploads/list.html")


@router.post("/uploads/check")
async def check(visit: CanUpload) -> Response:
    """A dry run: a part of a page that says what a file would do."""
    found = await visit.api.pass_body(Data, "/upload/preview")
    return visit.page("uploads/check.html", found=found)


@router.get("/uploads/sample")
async def sample(visit: CanUpload) -> Response:
    """A renewal list to try the product with: made-up policies that fall due in the next weeks, and some rows that fail."""
    content = await asyncio.to_thread(_sample)
    headers = {"Content-Disposition": 'attachment; filename="sample_renewals.xlsx"'}
    return Response(content, headers=headers, media_type=XLSX)


def _sample() -> bytes:
    """Another list each time: nobody's policies are uploaded twice."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.xlsx"
        today = resources.current().clock.today()
        portfolio.write(path, secrets.randbelow(1_000_000), portfolio.USUAL_ROWS, today)
        return path.read_bytes()


@router.get("/uploads/{upload_id}")
async def upload(visit: CanUpload, upload_id: str) -> Response:
    """One upload: its progress, its questions, its result, and why some of its rows failed."""
    found = await visit.api.get(Data, f"/upload/status/{upload_id}")
    reasons = await visit.api.get(Data, f"/upload/{upload_id}/errors", limit=1) if found["failedRecords"] else {}
    return visit.page("uploads/upload.html", upload=found, tab="overview", reasons=reasons.get("failedRows", []))


@router.get("/uploads/{upload_id}/mapping")
async def mapping(visit: CanUpload, upload_id: str) -> Response:
    """Which column of the file fed which of ours, and why."""
    found = await visit.api.get(Data, f"/upload/status/{upload_id}")
    return visit.page("uploads/upload.html", upload=found, tab="mapping")


@router.get("/uploads/{upload_id}/errors")
async def errors(visit: Annotated[Visit, Depends(VisitWith("upload", query=ERRORS.query))], upload_id: str) -> Response:
    """What was wrong with the rows, by reason and row by row."""
    found = await visit.api.get(Data, f"/upload/status/{upload_id}")
    wrong = await visit.api.get(Data, f"/upload/{upload_id}/errors", **visit.query)
    return visit.page("uploads/upload.html", upload=found, tab="errors", wrong=wrong, listing=ERRORS)
