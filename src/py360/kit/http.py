"""The edge: FastAPI is known here, in routes and in access files, and nowhere else.

Here the request's transaction begins and ends, callers are let in, problems become the error envelope, and creating
twice with one Idempotency-Key creates once.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import lru_cache, partial
from inspect import signature
from typing import Annotated, Any, Final, get_args, get_type_hints

import structlog
from fastapi import Depends, FastAPI, Header, Query, Request, Response, params
from fastapi.exceptions import RequestValidationError
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from psycopg import DataError as DriverDataError
from pydantic import BaseModel, ValidationError
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError
from sqlalchemy.exc import DataError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from py360.kit import db, export, parameters, plain
from py360.kit.caller import Caller
from py360.kit.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    NoRoom,
    PreconditionFailed,
    Problem,
    Unauthenticated,
    Unavailable,
    is_full,
)
from py360.kit.limits import refusal
from py360.kit.listing import Listing
from py360.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from py360.kit.reads import Reads
from py360.kit.request_ids import RequestIds
from py360.kit.resources import Resources
from py360.kit.wire import dumps

log = structlog.get_logger()
JSON: Final = "application/json"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


# ---------------------------------------------------------------- answers


def ok(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The success envelope."""
    return Response(dumps({"success": True, "data": data}), status, dict(headers or {}), JSON)


async def download(file: export.Export) -> StreamingResponse:
    """An export as an attachment, streamed. What refuses it does so before anything is sent."""
    first = await anext(file.content, b"")

    async def content() -> AsyncIterator[bytes]:
        yield first
        async for part in file.content:
            yield part

    return StreamingResponse(content(), media_type=file.media_type, headers={"Content-Disposition": file.disposition})


AsFile = Annotated[
    str | None, Query(alias="format", max_length=10, description="csv, xlsx, pdf or json: the whole list as a file")
]
Sort = Annotated[str | None, Query(max_length=60, description="A column; `-` in front for descending")]
Cursor = Annotated[str | None, Query(max_length=300, description="`nextCursor` of the page before")]
Search = Annotated[str | None, Query(max_length=200, description="A piece of the text to find")]


async def listed(
    reads: Reads,
    listing: Listing[Any],
    page: Page | None,
    as_file: str | None,
    cursor: str | None = None,
    **beside: Any,
) -> Response:
    """A list with what stands `beside` it: a page, or all of it where there is none; or, when asked for, a file."""
    if as_file:
        return await download(listing.file(reads, as_file))
    rows = await listing.page(reads, page, cursor) if page else await listing.whole(reads)
    return ok({**rows, **beside})


def _failure(request: Request, problem: Problem) -> Response:
    body = {
        "success": False,
        "error": {"code": problem.code, "message": problem.message, "details": problem.details},
        "requestId": request.scope.get("request_id", ""),
    }
    return Response(dumps(body), problem.status, problem.headers, JSON)


# ---------------------------------------------------------------- what a handler is given


# All of these are `async` though they wait for nothing: FastAPI sends plain functions to a thread, which costs more than
# the whole rest of a list.
async def _resources(request: Request) -> Resources:
    resources: Resources = request.app.state.resources
    return resources


async def _open_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with (await _resources(request)).sessions() as session, session.begin():
        yield session


async def _reads(request: Request) -> Reads:
    return (await _resources(request)).reads


# scope="function": the transaction commits before the answer leaves (house law 1)
Session = Annotated[AsyncSession, Depends(_open_session, scope="function")]
DbReads = Annotated[Reads, Depends(_reads)]
Res = Annotated[Resources, Depends(_resources)]


async def page_params(
    page: Annotated[int, Query(ge=1, le=100_000, description="From 1")] = 1,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows per page")] = DEFAULT_LIMIT,
    sort: Sort = None,
) -> Page:
    """Paging and sorting of a list."""
    return Page(page, limit, sort)


PageParams = Annotated[Page, Depends(page_params)]


class CallerWith(HTTPBearer):
    """A dependency: the signed-in caller, who must hold one of these permissions (any caller may, when none is named).

    Read-only roles may only read. One dependency on purpose: each costs a tenth of a list.
    """

    def __init__(self, *permissions: str) -> None:
        super().__init__(scheme_name="HTTPBearer", description="Access token of POST /api/auth/login", auto_error=False)
        self.permissions = permissions
        self.declares = permissions or ("any login",)  # read by the house test: no route without a permission

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # the caller, not the bare token
        """Let the caller in, or raise Unauthenticated or Forbidden."""
        credentials = await super().__call__(request)
        if credentials is None:
            raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
        caller: Caller = await request.app.state.authenticate(credentials.credentials)
        await _count(request, caller)
        if b"clientId=" in request.scope["query_string"] and (client := request.query_params.get("clientId")):
            caller = caller.at(client)
        if self.permissions:
            if not caller.may(*self.permissions):
                raise Forbidden(f"Your role has no access to this ({' or '.join(self.permissions)}).")
            if caller.read_only and request.method not in SAFE_METHODS:
                raise Forbidden("Your role may look but not change anything.", code="read_only")
        if request.method == "GET" and request.scope["query_string"]:
            asked = request.query_params.keys()
            parameters.refuse_unknown(asked, request.scope["endpoint"], request.scope["route"].dependant)
        return caller


async def _count(request: Request, caller: Caller) -> None:
    """Count a request against its caller's quota, which the answer tells (draft-ietf-httpapi-ratelimit-headers-06)."""
    resources = await _resources(request)
    left = await resources.quota.spend(str(caller.user_id), resources.clock.now().timestamp())
    request.scope["quota"] = (
        (b"ratelimit-limit", b"%d" % left.limit),
        (b"ratelimit-remaining", b"%d" % max(left.remaining, 0)),
        (b"ratelimit-reset", b"%d" % left.reset_seconds),
    )
    if left.remaining < 0:
        raise refusal(
            f"You may make {left.limit} requests in a minute. Please wait a moment.", left.limit, left.reset_seconds
        )


def caller_with(*permissions: str) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency: the caller, who must hold one of these permissions; read-only roles may only read."""
    return CallerWith(*permissions)


SignedIn = Annotated[Caller, Depends(CallerWith())]


async def public() -> None:
    """Declares a route open to everybody: links in messages, webhooks (verified by signature), sign-in."""


public.declares = ("public",)  # type: ignore[attr-defined]  # as in CallerWith
Public = Depends(public)


class LeanRoute(APIRoute):
    """A route whose arguments are found without FastAPI's general solver, which costs as much as a list's SQL (measured).

    Declared and documented like any other. It takes dependencies that want the request alone, and frozen models of the
    query; for anything else it raises TypeError at the start.
    """

    def __init__(self, path: str, endpoint: Callable[..., Awaitable[Response]], **described: Any) -> None:
        super().__init__(path, endpoint, **described)
        hints = get_type_hints(endpoint, include_extras=True)
        finders = {name: _finder(hints[name]) for name in signature(endpoint).parameters}

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive, send)
            response = await endpoint(**{name: await find(request) for name, find in finders.items()})
            await response(scope, receive, send)

        self.app = answer


def _finder(hint: Any) -> Callable[[Request], Awaitable[Any]]:
    """How a lean route finds an argument of this annotation."""
    wanted, *marks = get_args(hint) or (hint,)
    for mark in marks:
        if (
            isinstance(mark, params.Depends)
            and mark.dependency
            and [*signature(mark.dependency).parameters] == ["request"]
        ):
            return mark.dependency
        if isinstance(mark, params.Query) and getattr(wanted, "model_config", {}).get("frozen"):
            return partial(_query, wanted)
    raise TypeError(f"A lean route cannot find {hint}.")


async def _query(model: type[BaseModel], request: Request) -> BaseModel:
    try:
        return _parsed(model, request.scope["query_string"])
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("query", *item["loc"])} for item in error.errors()]) from error


@lru_cache(maxsize=500)  # open windows ask for the same again and again
def _parsed(model: type[BaseModel], query: bytes) -> BaseModel:
    return model.model_validate(dict(QueryParams(query)))


# ---------------------------------------------------------------- versions of a record


def etag(version: int) -> dict[str, str]:
    """The headers that name a record's version."""
    return {"ETag": f'"{version}"'}


async def _if_match(
    if_match: Annotated[str | None, Header(description="ETag of the version you changed")] = None,
) -> int | None:
    if if_match is None or if_match == "*":
        return None
    bare = if_match.removeprefix("W/").strip('"')
    if not bare.isdigit():
        raise PreconditionFailed
    return int(bare)


IfMatch = Annotated[int | None, Depends(_if_match)]


# ---------------------------------------------------------------- the application


def install(app: FastAPI) -> None:
    """Give an application the house's error envelope, request ids and idempotency."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    for clash in db.CLASH:
        app.add_exception_handler(clash, _on_integrity)
    for unfit in (DataError, DriverDataError):
        app.add_exception_handler(unfit, _on_unfit)
    for away in (*db.AWAY, CacheConnectionError, CacheTimeoutError):
        app.add_exception_handler(away, _on_away)
    app.add_exception_handler(OSError, _on_os_error)
    app.add_exception_handler(Exception, _on_bug)
    app.add_middleware(Idempotency)
    app.add_middleware(RequestIds)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return _failure(request, error)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = plain.details(error.errors())
    broken = any(
        item["type"] == "json_invalid" or (item["type"] == "model_attributes_type" and len(item["loc"]) == 1)
        for item in error.errors()
    )
    if broken and request.headers.get("content-type", "").startswith(JSON):
        return _failure(
            request, BadRequest("The body is not the JSON object that this address expects.", details=details)
        )
    return _failure(request, Invalid(plain.summary(details), details=details))


_PLAIN: Final = {404: "There is nothing at this address.", 405: "This address does not take that method."}


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if is_full(error.__cause__):  # the body found no room while it was read
        return await _on_full(request, error)
    problem = Problem(_PLAIN.get(error.status_code, str(error.detail)), code=f"http_{error.status_code}")
    answer = _failure(request, problem)
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


async def _on_integrity(request: Request, error: Exception) -> Response:
    log.warning("refused by a constraint", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return _failure(
        request, Conflict("This clashes with a record that exists already or is still in use.", code="clash")
    )


async def _on_unfit(request: Request, error: Exception) -> Response:
    """A number that no record can have, or a character that no text can hold."""
    log.warning("refused by the database", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return _failure(
        request, Invalid("A number is out of range, or a text holds a sign that cannot be kept.", code="unfit")
    )


async def _on_full(request: Request, error: Exception) -> Response:
    log.error("the disk is full", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return _failure(request, NoRoom())


async def _on_os_error(request: Request, error: Exception) -> Response:
    return await (_on_full if is_full(error) else _on_bug)(request, error)


async def _on_away(request: Request, error: Exception) -> Response:
    if is_full(error):
        return await _on_full(request, error)
    log.error("database or cache away", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return _failure(request, Unavailable(headers={"Retry-After": "5"}))


async def _on_bug(request: Request, error: Exception) -> Response:
    log.error("unexpected error", exc_info=error, request_id=request.scope.get("request_id"), path=request.url.path)
    return _failure(request, Problem("Something went wrong on our side. Quote the request id when you report it."))


class Idempotency:
    """The same POST with the same Idempotency-Key within 24 h is done once and answered alike.

    409 while the first is still running, 422 when the body differs. Bodies over 1 MiB (file uploads) pass through: a
    file is recognised by its own hash.
    """

    MAX_BODY: Final = 1 << 20

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory when this was done before."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = headers.get(b"idempotency-key", b"").decode("latin-1")
        small = int(headers.get(b"content-length", b"0") or 0) <= self.MAX_BODY
        if not key or not small:
            await self.app(scope, receive, send)
            return
        from py360.kit.idempotency import once  # only few requests come this way

        await once(self.app, scope, receive, send, key[:255], headers)
