"""The case lists as files at a signed address that a browser can open (`?format=` of a list needs the token)."""

from typing import Annotated

from fastapi import Path, Response
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from py360.kit import field_errors
from py360.kit.errors import Forbidden, Invalid
from py360.kit.export import ending_of
from py360.kit.http import Answer, DbReads, Public, Res, download, files, ok
from py360.modules.cases import downloads
from py360.modules.cases.access import CanReadCase
from py360.modules.cases.queries import export
from py360.modules.cases.queries.filters import Filters, where
from py360.modules.cases.routes.answers import CaseExportLink
from py360.modules.cases.routes.base import router
from py360.modules.cases.schemas import ExportFilters, ExportIn

_KNOWN = {field.alias for field in Filters.model_fields.values()}


def _filters(fields: ExportFilters) -> Filters:
    """The filters of an export's body; raises Invalid, naming what is wrong."""
    named = {name: value for name, value in fields.items() if value is not None and name != "closed"}
    if unknown := sorted(named.keys() - _KNOWN):
        raise Invalid(f"There is no filter called {', '.join(unknown)[:200]}.", code="unknown_filter")
    try:
        return Filters.model_validate(named)
    except ValidationError as error:
        details = [{"field": str(item["loc"][0]), "message": field_errors.words(item)} for item in error.errors()]
        raise Invalid(details=details) from error


@router.post("/export/cases", response_model=Answer[CaseExportLink])
async def export_cases(reads: DbReads, res: Res, caller: CanReadCase, body: ExportIn) -> Response:
    """An address, good for ten minutes, where the filtered list is downloaded as csv, xlsx (also `xls`), pdf or json."""
    closed = bool(body.filters.get("closed"))
    if not caller.may("closed-cases" if closed else "cases"):
        raise Forbidden
    ending_of(body.format)
    await where(reads, caller, _filters(body.filters), res.clock.today(), closed=closed)  # refuse unknown values now
    address = downloads.address(caller, body.format, body.filters, closed)
    return ok({"downloadUrl": address, "message": "The file is ready to download."})


@router.get("/export/cases/{token}", dependencies=[Public], responses=files("*/*"), response_class=StreamingResponse)
async def download_cases(reads: DbReads, res: Res, token: Annotated[str, Path(max_length=4000)]) -> StreamingResponse:
    """The file behind an address made by `POST /api/export/cases`."""
    caller, format, fields, closed = await downloads.opened(token)
    return await download(await export.cases(reads, caller, _filters(fields), format, res.clock.today(), closed=closed))
