"""API keys for the office's own assistants, and the tools that they use."""

import orjson
from fastapi import Request, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Router, Search, Session, files, listed, ok
from py360.modules.assistant.access import KEY, CanAsk, CanUseTools
from py360.modules.assistant.schemas import NewKey
from py360.modules.assistant.service import calls, keys, settings
from py360.modules.assistant.service.keys import Key
from py360.modules.assistant.views import KeyList, KeyMade, KeyRevoked

router = Router()
root_router = Router("", max_body_size=1 << 16)


@router.get("/ai/keys", response_model=Answer[KeyList])
async def list_keys(
    reads: DbReads, caller: CanAsk, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """Your API keys; who manages the assistant sees all of the client."""
    return await listed(reads, keys.listed(caller, page.sort, search), page, as_file)


@router.post("/ai/keys", status_code=201, response_model=Answer[KeyMade])
async def add_key(session: Session, caller: CanAsk, body: NewKey) -> Response:
    """Make an API key for `/mcp`. It is shown this once, reads what you may read within its scopes, and ends with you."""
    number, key, expires = await keys.add(session, caller, body)
    message = "Copy the key now: it is not shown again."
    return ok({"id": number, "key": key, "expiresAt": expires, "message": message}, 201)


@router.delete("/ai/keys/{key_id}", response_model=Answer[KeyRevoked])
async def revoke_key(session: Session, caller: CanAsk, key_id: int) -> Response:
    """Revoke a key; it opens nothing from now on."""
    name = await keys.revoke(session, caller, key_id)
    return ok({"id": key_id, "message": f"“{name}” is revoked."})


@root_router.post("/mcp", responses=files("application/json"))
async def use_tools(request: Request, reads: DbReads, caller: CanUseTools, resources: Res) -> Response:
    """The assistant's read tools over the Model Context Protocol (streamable HTTP, one JSON answer for each request).

    `Authorization: Bearer` carries an API key of `POST /api/ai/keys`. https://modelcontextprotocol.io/specification
    """
    from py360.modules.assistant import mcp_server  # the SDK takes half a second to load, and few offices use it

    key: Key | None = request.scope.get(KEY)
    body = await request.body()
    if _method(body) == "tools/call":
        await calls.count(resources.limits, caller, await settings.read(reads, caller.client_id))
    reply = await mcp_server.answer(mcp_server.Use(reads, caller, key), dict(request.scope), body)
    return Response(reply.body, reply.status, reply.headers)


def _method(body: bytes) -> str:
    try:
        message = orjson.loads(body)
    except ValueError:
        return ""  # the protocol's own answer says what is wrong
    return str(message.get("method", "")) if isinstance(message, dict) else ""
