"""What the scripts of our pages ask of the API: passed on to its route with the caller's access token, body and answer as they come.

A browser's cookies never reach the API, and no script ever sees a token. Files of any size stream through (tus, exports).
"""

from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Depends, Request, Response
from starlette.types import Message, Receive, Scope, Send

from py360.console import sentences, session
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit.http import JSON, SAFE_METHODS, audit
from py360.kit.pages import Language

MAX_BODY: Final = 1200 << 20  # bytes; each route of the API has its own limit below this
METHODS: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
KEY: Final = b"x-idempotency-key"  # how our pages name it: the key is the API's to note, not the bridge's

router = PageRouter(max_body_size=MAX_BODY)


class _AnyQuery(VisitWith):
    """The API's own routes refuse what they do not read."""

    def refuse_unknown(self, request: Request) -> None:
        """Refuse nothing."""


class Passed(Response):
    """The answer of the API's route."""

    def __init__(self, visit: Visit, path: str) -> None:
        super().__init__()
        self._visit = visit
        self._path = f"/api/{path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the route, and pass on its answer with our own cookies."""
        own = [header for header in self.raw_headers if header[0] == b"set-cookie"]
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        if self._visit.api.client and "clientId" not in dict(query):
            query.append(("clientId", self._visit.api.client))
        headers = [
            (b"idempotency-key" if name == KEY else name, value)
            for name, value in scope["headers"]
            if name not in (b"authorization", b"accept")
        ]
        headers += [(b"authorization", f"Bearer {self._visit.api.token}".encode()), (b"accept", JSON.encode())]
        inner = {
            **{name: scope[name] for name in ("type", "asgi", "http_version", "scheme", "server", "client", "method")},
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": urlencode(query).encode(),
            "root_path": "",
            "headers": headers,
            "state": dict(scope.get("state", {})),
        }

        translated = Translated(send, self._visit.language, scope["method"])

        async def send_ours(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*_in_our_address(message["headers"]), *own]}
            await translated.send(message)

        await scope["app"](inner, receive, send_ours)


class Translated:
    """Passes an answer on; one that says what was done or refused waits until it is whole, for its sentences to be translated."""

    def __init__(self, send: Send, language: Language, method: str) -> None:
        self._send = send
        self._language = language
        self._is_change = method not in SAFE_METHODS
        self._start: Message | None = None  # while the answer waits
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """A part of the answer."""
        if message["type"] == "http.response.start" and self._has_sentences(message):
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if message.get("more_body") and len(self._body) <= sentences.LONGEST:
            return
        body = bytes(self._body) if message.get("more_body") else sentences.translate(self._language, bytes(self._body))
        headers = [header for header in self._start["headers"] if header[0] != b"content-length"]
        if not message.get("more_body"):
            headers.append((b"content-length", b"%d" % len(body)))
        await self._send({**self._start, "headers": headers})
        self._start = None
        await self._send({**message, "body": body})

    def _has_sentences(self, start: Message) -> bool:
        headers = dict(start["headers"])
        is_json = headers.get(b"content-type", b"").startswith(JSON.encode()) and b"content-encoding" not in headers
        return is_json and self._language.code != "en" and (self._is_change or start["status"] >= 400)


def _in_our_address(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers in which a place of the API (tus names one) is one behind this bridge."""
    prefix = f"{session.HOME}/api".encode()
    return [
        (name, prefix + value.partition(b"/api")[2] if name == b"location" and b"/api/" in value else value)
        for name, value in headers
    ]


@router.api_route("/api/{path:path}", methods=METHODS)
async def pass_on(path: str, visit: Annotated[Visit, Depends(_AnyQuery(before_password_change=True))]) -> Response:
    """The API's route of the same path, method, query and body, which leaves the line of the audit log."""
    audit.leave_out()
    return Passed(visit, path)
