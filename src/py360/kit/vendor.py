"""Calls to vendors: every one has a timeout, counts against a limit and leaves a line in `vendor_calls`."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Final, Self

import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from py360.kit import db, resources

log = structlog.get_logger()
TIMEOUT_SECONDS: Final = 15.0


def _as_text(value: object) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _as_object(value: object) -> object:
    return value if isinstance(value, (dict, BaseModel)) else {}


Text = Annotated[str, BeforeValidator(_as_text)]  # a text or number of a vendor's JSON; empty for anything else
AS_OBJECT: Final = BeforeValidator(_as_object)  # `Annotated[Part, AS_OBJECT]`: empty for anything but an object


class Body(BaseModel):
    """Base of the bodies that vendors send, as they document them: what is not read is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls, value: object) -> Self:
        """For bodies whose parts may all be missing: from anything, empty where it has another shape."""
        try:
            return cls.model_validate(value)
        except ValidationError:
            return cls()


class VendorError(Exception):
    """A vendor refused or failed. `permanent` says that trying again cannot help; `unclear` that it may have happened."""

    def __init__(self, message: str, *, code: str = "", permanent: bool = False, unclear: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.permanent = permanent
        self.unclear = unclear


@dataclass(slots=True)
class Call:
    """One call being made; the caller notes the HTTP status."""

    http_status: int | None = None
    items: int = 1


@asynccontextmanager
async def call(vendor: str, operation: str, provider_id: int | None = None, items: int = 1) -> AsyncIterator[Call]:
    """Time a call and write its line, also when it fails. Never inside a transaction (docs/architecture.md, rule 2)."""
    started = time.perf_counter()
    record = Call(items=items)
    outcome, error = "ok", None
    try:
        yield record
    except TimeoutError:
        outcome, error = "timeout", "no answer in time"
        raise
    except VendorError as failure:
        outcome, error = ("refused" if failure.permanent else "failed"), str(failure)[:500]
        raise
    except Exception as failure:  # the edge to a vendor: noted and raised again
        outcome, error = "failed", str(failure)[:500]
        raise
    finally:
        await _note(vendor, operation, provider_id, record, outcome, int((time.perf_counter() - started) * 1000), error)


async def _note(
    vendor: str,
    operation: str,
    provider_id: int | None,
    record: Call,
    outcome: str,
    duration_ms: int,
    error: str | None,
) -> None:
    line = (vendor, operation, provider_id, record.items, outcome, record.http_status, duration_ms, error)
    try:
        async with resources.current().engine.begin() as connection:
            await connection.exec_driver_sql(
                "insert into vendor_calls (vendor, operation, provider_id, items, outcome, http_status, duration_ms, error)"
                " values (%s, %s, %s, %s, %s, %s, %s, %s)",
                line,
            )
    except db.AWAY:  # what the vendor reported matters more than this line
        log.warning("a vendor was called while the database was away", call=line)
