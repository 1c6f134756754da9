"""Remembering what a POST with an Idempotency-Key answered (24 h; see kit.http.Idempotency)."""

import hashlib

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from py360.kit import db
from py360.kit.errors import Conflict, Invalid, Problem
from py360.kit.jobs import house
from py360.kit.resources import Resources
from py360.kit.wire import dumps

_OLD = "idempotency_keys.created_at < now() - interval '24 hours'"
_CLAIM = f"""
insert into idempotency_keys (caller, key, method, path, body_hash)
values (%(caller)s, %(key)s, 'POST', %(path)s, %(hash)s)
on conflict (caller, key) do update
  set method = 'POST', path = excluded.path, body_hash = excluded.body_hash, created_at = now(),
      response_status = null, response_headers = null, response_body = null
  where {_OLD}
returning 1
"""


async def once(app: ASGIApp, scope: Scope, receive: Receive, send: Send, key: str, headers: dict[bytes, bytes]) -> None:
    """Run the request unless it ran before; then send what it answered."""
    resources: Resources = scope["app"].state.resources
    body = await _whole_body(receive)
    claim = {
        "caller": hashlib.sha256(await _who(scope, headers)).hexdigest(),
        "key": key,
        "path": scope["path"],
        "hash": _hash(scope, headers, body),
    }
    async with resources.sessions() as session, session.begin():
        mine = await db.value(session, _CLAIM, claim)
        seen = await db.one(
            session, "select * from idempotency_keys where caller = %(caller)s and key = %(key)s", claim
        )
    if not mine:
        await _replay(scope, send, seen or {}, claim)
        return
    kept = _Recorder(send)

    async def replayed() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        await app(scope, replayed, kept)
    finally:
        async with resources.sessions() as session, session.begin():
            if 200 <= kept.status < 400:
                await db.execute(
                    session,
                    "update idempotency_keys set response_status = %(status)s, response_headers = %(headers)s,"
                    " response_body = %(body)s where caller = %(caller)s and key = %(key)s",
                    {**claim, "status": kept.status, "headers": kept.headers_json(), "body": bytes(kept.body)},
                )
            else:  # it did not happen: the next try may, whatever stood in its way
                await db.execute(
                    session, "delete from idempotency_keys where caller = %(caller)s and key = %(key)s", claim
                )


class _Recorder:
    """Passes the answer on and remembers it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        await self._send(message)

    def headers_json(self) -> str:
        return orjson.dumps(self.headers).decode()


async def _who(scope: Scope, headers: dict[bytes, bytes]) -> bytes:
    """The user behind the request; a refreshed token is still the same user. Anonymous callers count by address."""
    bearer = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ").strip()
    if not bearer:
        return repr(scope.get("client", ("", 0))[0]).encode()
    try:
        caller = await scope["app"].state.authenticate(bearer)
    except Problem:
        return bearer.encode()  # the handler will refuse it
    return f"user {caller.user_id}".encode()


def _hash(scope: Scope, headers: dict[bytes, bytes], body: bytes) -> str:
    """What was asked. What parts a form's fields is made up anew each time it is sent, so it does not count."""
    kind, _, parameters = headers.get(b"content-type", b"").partition(b";")
    boundary = parameters.partition(b"boundary=")[2].partition(b";")[0].strip(b' "')
    if kind.strip().lower() == b"multipart/form-data" and boundary:
        body = body.replace(boundary, b"")
    return hashlib.sha256(scope.get("query_string", b"") + b"\n" + body).hexdigest()


async def _whole_body(receive: Receive) -> bytes:
    parts = bytearray()
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            return bytes(parts)


async def _replay(scope: Scope, send: Send, seen: db.Row, claim: dict[str, str]) -> None:
    if seen.get("body_hash") != claim["hash"] or seen.get("path") != claim["path"]:
        await _refuse(
            scope, send, Invalid("This Idempotency-Key was used for another request.", code="idempotency_key_reused")
        )
    elif seen.get("response_status") is None:
        await _refuse(
            scope, send, Conflict("The first request with this Idempotency-Key is still running.", code="still_running")
        )
    else:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in seen["response_headers"]]
        headers.append((b"idempotent-replayed", b"true"))
        await send({"type": "http.response.start", "status": seen["response_status"], "headers": headers})
        await send({"type": "http.response.body", "body": bytes(seen["response_body"])})


async def _refuse(scope: Scope, send: Send, problem: Problem) -> None:
    error = {"code": problem.code, "message": problem.message, "details": []}
    body = dumps({"success": False, "error": error, "requestId": scope.get("request_id", "")})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@house.periodic(name="house.forget_idempotency_keys", cron="17 * * * *")
async def forget(timestamp: int) -> None:
    """Drop what is older than a day."""
    async with db.unit_of_work() as session:
        await db.execute(session, f"delete from idempotency_keys where {_OLD}")
