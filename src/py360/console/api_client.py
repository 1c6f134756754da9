"""Ask a route of the API within this process: no network, and nothing left out of what any other caller passes (ADR 88)."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlencode

import orjson
from fastapi import Request
from starlette.types import Message, Receive, Scope

from py360.kit.errors import Problem
from py360.kit.http import JSON

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Data: TypeAlias = dict[str, Json]
Param: TypeAlias = str | int | bool | list[str] | None  # a list is the same parameter several times
Kind = TypeVar("Kind")
_OF_BODY: Final = frozenset({b"content-type", b"content-length", b"transfer-encoding"})
FORWARDED: Final = frozenset({b"user-agent", b"cookie"})  # sign-in knows a device by both


class ApiProblem(Problem):
    """What the API refused, with the status that it gave."""

    def __init__(self, status: int, code: str, message: str, details: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(message, code=code, details=details)
        self.status = status  # type: ignore[misc]  # of this one answer, where other problems have one for all


@dataclass(frozen=True, slots=True)
class ApiClient:
    """The API as the caller of one request sees it.

    `token` is their access token, None for those who have not signed in; `client` the one they chose to work for, if any.
    """

    request: Request
    token: str | None
    client: str = ""

    async def get(self, kind: type[Kind], path: str, **params: Param) -> Kind:
        """The `data` of an answer, as `kind`: the view that the API's description names, or `Data`. Raises ApiProblem."""
        return await self._data(kind, "GET", path, params, None)

    async def find(self, kind: type[Kind], path: str, **params: Param) -> Kind | None:
        """As `get`; None for what this caller may not see or what is not there."""
        try:
            return await self.get(kind, path, **params)
        except ApiProblem as refused:
            if refused.status in (403, 404):
                return None
            raise

    async def post(self, kind: type[Kind], path: str, body: Mapping[str, Json]) -> Kind:
        """The `data` of what a POST is answered, as `kind`. Raises ApiProblem."""
        return await self._data(kind, "POST", path, {}, orjson.dumps(body))

    async def download(self, path: str, **params: Param) -> bytes:
        """A file, whole: for small ones only. Raises ApiProblem."""
        asked = False

        async def receive() -> Message:
            nonlocal asked
            if asked:  # a streamed answer asks whether its reader has gone: it has not
                await asyncio.Event().wait()
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        status, content = await self._run(self._scope("GET", path, self._query(params), []), receive)
        if status >= 400:
            raise _problem(status, content)
        return content

    async def pass_body(self, kind: type[Kind], path: str) -> Kind:
        """POST the body of this request, a file, as it arrives; the answer's `data`. Raises ApiProblem."""
        given = [(name, value) for name, value in self.request.scope["headers"] if name in _OF_BODY]
        status, content = await self._run(self._scope("POST", path, "", given), self.request.receive)
        return _read(kind, status, content)

    async def _data(
        self, kind: type[Kind], method: str, path: str, params: Mapping[str, Param], body: bytes | None
    ) -> Kind:
        async def receive() -> Message:
            return {"type": "http.request", "body": body or b"", "more_body": False}

        headers = [] if body is None else [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(body))]
        status, content = await self._run(self._scope(method, path, self._query(params), headers), receive)
        return _read(kind, status, content)

    def _query(self, params: Mapping[str, Param]) -> str:
        given = {name: _texts(value) for name, value in params.items() if value not in (None, "")}
        if self.client:
            given.setdefault("clientId", [self.client])
        return urlencode(given, doseq=True)

    async def _run(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        status, parts = 500, bytearray()

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                parts.extend(message.get("body", b""))

        await self.request.app(scope, receive, send)
        return status, bytes(parts)

    def _scope(self, method: str, path: str, query: str, more: Sequence[tuple[bytes, bytes]]) -> Scope:
        outer = self.request.scope
        headers = [(name, value) for name, value in outer["headers"] if name in FORWARDED]
        headers.append((b"accept", JSON.encode()))
        if self.token:
            headers.append((b"authorization", f"Bearer {self.token}".encode()))
        headers += more
        same = {name: outer[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client")}
        address = f"/api{path}"
        return {
            **same,
            "method": method,
            "path": address,
            "raw_path": address.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": headers,
            "state": dict(outer.get("state", {})),
        }


def _read(kind: type[Kind], status: int, content: bytes) -> Kind:
    """The `data` of an answer, whose form is the route's own; raises ApiProblem for a refusal."""
    if status >= 400:
        raise _problem(status, content)
    data: Kind = orjson.loads(content)["data"]
    return data


def _texts(value: Param) -> list[str]:
    if isinstance(value, list):
        return value
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _problem(status: int, body: bytes) -> ApiProblem:
    try:
        error = orjson.loads(body)["error"]
        return ApiProblem(status, error["code"], error["message"], error["details"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ApiProblem(status, f"http_{status}", "The answer could not be read. Please try again.")
