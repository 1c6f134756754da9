"""The same POST with the same Idempotency-Key within 24 hours is done once and answered alike.

409 while the first is still running, 422 when the body differs. The answer is kept in the transaction that did the work, so
both happen or neither does; it is sealed, for it may hold a token. A request that died holds its key for `LEASE_SECONDS`.
Bodies over 1 MiB (files) pass through: a file is recognised by its own hash.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final, TypeVar

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from py360.kit import crypto, db, sql
from py360.kit.errors import Conflict, Invalid, Unavailable
from py360.kit.jobs import house
from py360.kit.resources import Resources

log = structlog.get_logger()
MAX_KEY: Final = 255
MAX_BODY: Final = 1 << 20
LEASE_SECONDS: Final = 60
WORK_SECONDS: Final = LEASE_SECONDS - 5  # what runs longer is cancelled, before another may begin
_OLD: Final = "created_at < now() - interval '24 hours'"
_CLAIM: Final = sql.read(__file__, "claim_idempotency_key")
_SEEN: Final = """
select path, body_hash, response_status, response_sealed from idempotency_keys where caller = %(caller)s and key = %(key)s
"""
_KEEP: Final = """
update idempotency_keys set response_status = %(status)s, response_sealed = %(sealed)s
where caller = %(caller)s and key = %(key)s
"""
_RELEASE: Final = """
delete from idempotency_keys where caller = %(caller)s and key = %(key)s and response_status is null
"""

Answered = TypeVar("Answered")
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(slots=True)
class _Claim:
    """A key that this request has taken, and what it is answered."""

    params: dict[str, str | int]
    response: object = field(default=None)
    kept: bool = False


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a key."""

    path: str
    body_hash: str
    response_status: int | None
    response_sealed: str | None


_current: ContextVar[_Claim | None] = ContextVar("idempotency_claim", default=None)


def noting(endpoint: Callable[..., Awaitable[Answered]]) -> Callable[..., Awaitable[Answered]]:
    """The endpoint, whose answer is noted so that `keep` finds it before the transaction commits."""

    @wraps(endpoint)
    async def noted(*args: Any, **given: Any) -> Answered:
        answer = await endpoint(*args, **given)
        if claim := _current.get():
            claim.response = answer
        return answer

    return noted


async def once(request: Request, answer: Handler) -> Response:
    """Answer the request; when its key was used before, as it was answered then."""
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or not key or not _is_small(request):
        return await answer(request)
    if len(key) > MAX_KEY:
        raise Invalid(f"An Idempotency-Key has at most {MAX_KEY} characters.", code="idempotency_key_too_long")
    resources: Resources = request.app.state.resources
    claim = _Claim(
        {
            "caller": _caller(request),
            "key": key,
            "path": request.scope["path"],
            "hash": _hash(request, await request.body()),
            "lease": LEASE_SECONDS,
        }
    )
    async with resources.sessions() as session, session.begin():
        claimed = await db.fetch_one(session, int, _CLAIM, claim.params)
        seen = await db.fetch_one(session, _Seen, _SEEN, claim.params)
    if not claimed:
        return _replayed(seen, claim)
    try:
        return await _run(request, answer, resources, claim)
    except BaseException:
        await _release(resources, claim)
        raise


async def _run(request: Request, answer: Handler, resources: Resources, claim: _Claim) -> Response:
    mark = _current.set(claim)
    try:
        async with asyncio.timeout(WORK_SECONDS) as limit, AsyncExitStack() as work:
            request.scope["fastapi_function_astack"] = work  # so the transaction ends here, and not after us
            response = await answer(request)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise Unavailable(
            f"This took longer than {WORK_SECONDS} seconds and was not done. Please try again.", code="took_too_long"
        ) from error
    finally:
        _current.reset(mark)
    if not claim.kept:
        claim.response = response
        async with resources.sessions() as session, session.begin():
            await _keep(session, claim)
    if not claim.kept:
        await _release(resources, claim)  # nothing was done, or it is a file: the next try may
    return response


async def keep(session: AsyncSession) -> None:
    """Keep the answer of this request, where it has a key, in the transaction of its work."""
    if claim := _current.get():
        await _keep(session, claim)


async def _keep(session: AsyncSession, claim: _Claim) -> None:
    response = claim.response
    if not isinstance(response, Response) or isinstance(response, StreamingResponse):
        return
    if not 200 <= response.status_code < 400:
        return
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.raw_headers]
    sealed = crypto.seal(orjson.dumps([headers, bytes(response.body).decode("latin-1")]).decode())
    await db.execute(session, _KEEP, {**claim.params, "status": response.status_code, "sealed": sealed})
    claim.kept = True


async def _release(resources: Resources, claim: _Claim) -> None:
    try:
        async with resources.sessions() as session, session.begin():
            await db.execute(session, _RELEASE, claim.params)
    except db.AWAY:
        log.warning("an Idempotency-Key is not released now; it is free after its lease", key=claim.params["key"])


def _is_small(request: Request) -> bool:
    """Whether the body may be read whole before the handler runs: it is announced, and no file's."""
    announced = request.headers.get("content-length")
    return int(announced) <= MAX_BODY if announced else "transfer-encoding" not in request.headers


def _caller(request: Request) -> str:
    """The user behind the request; a refreshed token is still the same user. Anonymous callers count by address."""
    admitted = next(iter(request.scope.get("admitted", {}).values()), None)
    who = f"user {admitted.user_id}" if admitted else repr((request.scope.get("client") or ("", 0))[0])
    return hashlib.sha256(who.encode()).hexdigest()


def _hash(request: Request, body: bytes) -> str:
    """What was asked. What parts a form's fields is made up again each time it is sent, so it does not count."""
    kind, _, parameters = request.headers.get("content-type", "").encode("latin-1").partition(b";")
    boundary = parameters.partition(b"boundary=")[2].partition(b";")[0].strip(b' "')
    if kind.strip().lower() == b"multipart/form-data" and boundary:
        body = body.replace(boundary, b"")
    return hashlib.sha256(request.scope.get("query_string", b"") + b"\n" + body).hexdigest()


def _replayed(seen: _Seen | None, claim: _Claim) -> Response:
    if seen is None or (seen.body_hash, seen.path) != (claim.params["hash"], claim.params["path"]):
        raise Invalid("This Idempotency-Key was used for another request.", code="idempotency_key_reused")
    if seen.response_status is None or seen.response_sealed is None:
        raise Conflict(
            "The first request with this Idempotency-Key is still running.",
            code="still_running",
            headers={"Retry-After": "5"},
        )
    try:
        headers, body = orjson.loads(crypto.unseal(seen.response_sealed))
    except ValueError as error:  # the installation's key has changed
        raise Conflict(
            "This was done, but its answer can no longer be read. Look at the record.", code="answer_unreadable"
        ) from error
    response = Response(body.encode("latin-1"), seen.response_status)
    response.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    response.headers["Idempotent-Replayed"] = "true"
    return response


@house.periodic(name="house.forget_idempotency_keys", cron="17 * * * *")
async def forget(timestamp: int) -> None:
    """Drop what is older than a day."""
    async with db.unit_of_work() as session:
        await db.execute(session, f"delete from idempotency_keys where {_OLD}")
