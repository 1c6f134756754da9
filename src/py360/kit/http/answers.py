"""What leaves: the success envelope, lists, files and the error envelope, and how the API's description shows them.

A route names what it answers, and serialises it by itself: `response_model=Answer[CaseView]` is for the description only,
it costs a request nothing. `CaseView` is a TypedDict (`…View` is what the API answers of a thing).
"""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, Final, Generic, Literal

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from typing_extensions import TypedDict, TypeVar

from py360.kit import export
from py360.kit.errors import Problem
from py360.kit.listing import Listing
from py360.kit.pages import Language, notice
from py360.kit.paging import Page
from py360.kit.paging import Pagination as Pagination  # views take it from here or there
from py360.kit.reads import Reads
from py360.kit.wire import dumps

JSON: Final = "application/json"
JsonObject = dict[str, object]  # its keys are not ours: as it was sent and stored
Data = TypeVar("Data")

AsFile = Annotated[
    str | None, Query(alias="format", max_length=10, description="csv, xlsx, pdf or json: the whole list as a file")
]


class Answer(BaseModel, Generic[Data]):
    """What a request that succeeded is answered."""

    success: Literal[True]
    data: Data


class Message(TypedDict):
    """A sentence about what was done."""

    message: str


class FieldProblem(TypedDict):
    """What is wrong with a field."""

    field: str
    message: str


class ProblemView(TypedDict):
    """What went wrong: a stable code for programs, a sentence for people."""

    code: str
    message: str
    details: list[FieldProblem]


class Failure(BaseModel):
    """What a request that failed is answered."""

    success: Literal[False]
    error: ProblemView
    request_id: Annotated[str, Field(alias="requestId", description="Quote it when you report the problem")]


def ok(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The success envelope."""
    return Response(dumps({"success": True, "data": data}), status, dict(headers or {}), JSON)


def failure(request: Request, problem: Problem) -> Response:
    """The error envelope; for a person who opened the address in a browser, a page that says the same."""
    if is_opened_by_a_person(request):
        language = Language.chosen(request.query_params.get("lang"), request.headers.get("accept-language"))
        page = notice("This did not work", problem.message, problem.status, language)
        return Response(page.html, page.status, {**page.headers, **(problem.headers or {})})
    body = {
        "success": False,
        "error": {"code": problem.code, "message": problem.message, "details": problem.details},
        "requestId": request.scope.get("request_id", ""),
    }
    return Response(dumps(body), problem.status, problem.headers, JSON)


def is_opened_by_a_person(request: Request) -> bool:
    """Browsers name HTML first when somebody opens an address or sends a form; programs do not."""
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted and "application/json" not in accepted


def attached(name: str) -> dict[str, str]:
    """The headers of a stranger's file: it is saved, and never shown as a page of ours, whatever is in it."""
    return {"Content-Disposition": export.attachment(name), "Content-Security-Policy": "sandbox; default-src 'none'"}


async def download(file: export.Export) -> StreamingResponse:
    """An export as an attachment, streamed. What refuses it does so before anything is sent."""
    first = await anext(file.content, b"")

    async def content() -> AsyncIterator[bytes]:
        yield first
        async for part in file.content:
            yield part

    return StreamingResponse(content(), media_type=file.media_type, headers={"Content-Disposition": file.disposition})


async def listed(
    reads: Reads,
    listing: Listing[Any],
    page: Page | None,
    as_file: str | None,
    cursor: str | None = None,
    **beside: object,
) -> Response:
    """A list with what stands `beside` it: a page, or all of it where there is none; or, when asked for, a file."""
    if as_file:
        return await download(listing.file(reads, as_file))
    rows = await listing.page(reads, page, cursor) if page else await listing.whole(reads)
    return ok({**rows, **beside})


def files(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """`responses=files("text/csv")`: a route whose answer is a file of one of these types (`*/*`: any)."""
    binary = {"schema": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {200: {"description": "The file", "content": dict.fromkeys(media_types, binary)}}
