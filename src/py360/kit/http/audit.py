"""The audit log: a line for every change that a signed-in user made through the API (domain reference, 7 and 33).

Where the request has a transaction, the line is written in it: both happen or neither does. What works in transactions of its own,
such as sending a message, is noted when it is done. A refused request changes nothing and leaves no line; what was sent, which
may hold secrets, is not kept.
"""

import ipaddress
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar

import structlog
from fastapi import Request
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller

log = structlog.get_logger()
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
Answered = TypeVar("Answered")

_NOTE: Final = """
insert into audit_logs (client_id, user_id, action_type, entity_type, entity_id, new_values, ip_address, request_id)
values (%(client)s, %(user)s, %(action)s, %(entity)s, %(id)s, %(values)s, %(ip)s, %(request)s)
"""


@dataclass(slots=True)
class _Change:
    """How far a request is: whether its handler has answered, and its line is written."""

    done: bool = False
    noted: bool = False


_current: ContextVar[_Change | None] = ContextVar("audited_change", default=None)


def begin() -> None:
    """A request begins that may change something."""
    _current.set(_Change())


def leave_out() -> None:
    """This request leaves no line of its own: it changes nothing, or hands on to a route that leaves one."""
    if (change := _current.get()) is not None:
        change.noted = True


def marking(endpoint: Callable[..., Awaitable[Answered]]) -> Callable[..., Awaitable[Answered]]:
    """The endpoint, which marks that it has answered: a request whose body is refused is not marked."""

    @wraps(endpoint)
    async def marked(*args: Any, **kwargs: Any) -> Answered:
        answer = await endpoint(*args, **kwargs)
        if (change := _current.get()) is not None:
            change.done = True
        return answer

    return marked


def _caller(request: Request) -> Caller | None:
    """The signed-in user whose change is done and not noted yet; from now on it is."""
    change = _current.get()
    if change is None or not change.done or change.noted or request.method in SAFE:
        return None
    change.noted = True
    admitted: dict[object, Caller] = request.scope.get("admitted") or {}
    return next(iter(admitted.values()), None)


async def note(session: AsyncSession, request: Request) -> None:
    """Write the line of a change into its own transaction."""
    if (caller := _caller(request)) is not None:
        await db.execute(session, _NOTE, _params(request, caller))


async def note_alone(request: Request) -> None:
    """Write the line of a change that is done, unless it is written already. The change stays when the line cannot be written."""
    if (caller := _caller(request)) is None:
        return
    try:
        async with db.unit_of_work() as session:
            await db.execute(session, _NOTE, _params(request, caller))
    except db.AWAY as error:
        log.error("a change is not in the audit log", error=str(error)[:300], path=request.url.path)


def _params(request: Request, caller: Caller) -> dict[str, object]:
    named = {name: str(value)[:200] for name, value in request.path_params.items()}
    kind, value = next(iter(named.items()), (None, ""))
    digits = value.rpartition("-")[2]
    return {
        "client": caller.client_id,
        "user": caller.user_id,
        "action": request.scope["endpoint"].__name__[:100],
        "entity": kind.removesuffix("_id")[:50] if kind else None,
        "id": int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None,
        "values": Jsonb({"method": request.method, "path": request.url.path[:500], **named}),
        "ip": _address(request),
        "request": request.scope.get("request_id"),
    }


def _address(request: Request) -> str | None:
    try:
        return str(ipaddress.ip_address(request.client.host)) if request.client else None
    except ValueError:
        return None  # a socket of the machine itself has none
