"""Problems become the error envelope."""

from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import DataError as DriverDataError
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from py360.kit import db, field_errors
from py360.kit.errors import BadRequest, Conflict, Invalid, NoRoom, Problem, Unavailable
from py360.kit.http.answers import JSON, failure
from py360.kit.http.headers import Headers

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Give an application the error envelope for whatever goes wrong in it, and the headers of every answer."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    for clash in db.CLASH:
        app.add_exception_handler(clash, _on_integrity)
    for unfit in (DataError, DriverDataError):
        app.add_exception_handler(unfit, _on_unfit)
    for away in (*db.AWAY, CacheConnectionError, CacheTimeoutError):
        app.add_exception_handler(away, _on_away)
    for lost in db.LOST:
        app.add_exception_handler(lost, _on_lost)
    app.add_exception_handler(OSError, _on_os_error)
    app.add_exception_handler(Exception, _on_bug)
    app.add_middleware(Headers)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return failure(request, error)


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    details = field_errors.details(error.errors())
    broken = any(
        item["type"] == "json_invalid" or (item["type"] == "model_attributes_type" and len(item["loc"]) == 1)
        for item in error.errors()
    )
    if broken and request.headers.get("content-type", "").startswith(JSON):
        return failure(
            request, BadRequest("The body is not the JSON object that this address expects.", details=details)
        )
    return failure(request, Invalid(field_errors.summary(details), details=details))


_PLAIN: Final = {404: "There is nothing at this address.", 405: "This address does not take that method."}


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, Problem):  # raised while FastAPI read the body
        return failure(request, error.__cause__)
    if db.is_full(error.__cause__):  # the body found no room while it was read
        return await _on_full(request, error)
    problem = Problem(_PLAIN.get(error.status_code, str(error.detail)), code=f"http_{error.status_code}")
    answer = failure(request, problem)
    answer.status_code = error.status_code
    answer.headers.update(error.headers or {})
    return answer


async def _on_integrity(request: Request, error: Exception) -> Response:
    log.warning("refused by a constraint", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return failure(
        request, Conflict("This clashes with a record that exists already or is still in use.", code="clash")
    )


async def _on_unfit(request: Request, error: Exception) -> Response:
    """A number that no record can have, or a character that no text can hold."""
    log.warning("refused by the database", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return failure(
        request, Invalid("A number is out of range, or a text has a character that cannot be stored.", code="unfit")
    )


async def _on_full(request: Request, error: Exception) -> Response:
    log.error("the disk is full", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return failure(request, NoRoom())


async def _on_os_error(request: Request, error: Exception) -> Response:
    return await (_on_full if db.is_full(error) else _on_bug)(request, error)


async def _on_away(request: Request, error: Exception) -> Response:
    if db.is_full(error):
        return await _on_full(request, error)
    log.error("database or cache away", error=str(error)[:500], request_id=request.scope.get("request_id"))
    return failure(request, Unavailable(headers={"Retry-After": "5"}))


async def _on_lost(request: Request, error: Exception) -> Response:
    if db.is_away(error):
        return await _on_away(request, error)
    raise error


async def _on_bug(request: Request, error: Exception) -> Response:
    if db.is_away(error):  # within a group of errors, or as another library's error
        return await _on_away(request, error)
    log.error("unexpected error", exc_info=error, request_id=request.scope.get("request_id"), path=request.url.path)
    return failure(request, Problem("Something went wrong on our side. Quote the request id when you report it."))
