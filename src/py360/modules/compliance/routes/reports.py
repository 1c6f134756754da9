"""The do-not-contact registry in bulk: a list as a file, its template, and compliance reports (domain reference, section 15)."""

from typing import Annotated, Final

from fastapi import File, Response, UploadFile

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Router, Session, files, listed, ok
from py360.modules.compliance.access import CanKeepDnc
from py360.modules.compliance.queries.reports import reports
from py360.modules.compliance.schemas import ReportIn
from py360.modules.compliance.service import bulk_upload, report
from py360.modules.compliance.views import BulkUploadView, ComplianceReportList, ComplianceReportMade

router = Router()
MAX_BODY: Final = bulk_upload.MAX_BYTES + (64 << 10)  # with the multipart envelope


@router.get("/dnc/bulk-template", responses=files("text/csv"), response_class=Response)
async def bulk_template(caller: CanKeepDnc) -> Response:
    """The columns of a list for the registry, with an example, as CSV."""
    headers = {"Content-Disposition": 'attachment; filename="dnc_template.csv"'}
    return Response(bulk_upload.template(), media_type="text/csv; charset=utf-8", headers=headers)


upload_router = Router(max_body_size=MAX_BODY)


@upload_router.post("/dnc/bulk-upload", response_model=Answer[BulkUploadView])
async def upload_list(
    session: Session,
    caller: CanKeepDnc,
    file: Annotated[UploadFile, File(description="CSV or XLSX, at most 2 MB and 10,000 rows")],
) -> Response:
    """Put a list on the registry. Rows that are wrong are named, and the others are added; a contact that is there stays as it is."""
    done = await bulk_upload.add_list(session, caller, file.filename or "", await file.read())
    return ok(done.to_public())


router.add(upload_router)


@router.get("/dnc/compliance-reports", response_model=Answer[ComplianceReportList])
async def list_reports(reads: DbReads, caller: CanKeepDnc, page: PageParams, as_file: AsFile = None) -> Response:
    """The compliance reports that were made, newest first."""
    return await listed(reads, reports(caller, page.sort), page, as_file)


@router.post("/dnc/compliance-reports", status_code=201, response_model=Answer[ComplianceReportMade])
async def make_report(session: Session, caller: CanKeepDnc, body: ReportIn) -> Response:
    """Count a period: messages sent and stopped, overrides, and the compliance score."""
    made = await report.make(session, caller, body)
    message = f"{made.violations} messages went to contacts of the registry without an approved override."
    if not made.violations:
        message = "No message went to a contact of the registry without an approved override."
    return ok({**made.to_public(), "message": message}, 201)
