"""Addresses of uploaded files that a plain link in a page can open: signed, for ten minutes, on behalf of who was shown them."""

from datetime import timedelta
from typing import Final

import orjson

from py360.kit import crypto, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Gone
from py360.modules.identity import api as identity

PURPOSE: Final = "upload download"
LIFETIME: Final = timedelta(minutes=10)


def address(caller: Caller, upload_id: int) -> str:
    """The path of an upload's original file."""
    until = int((resources.current().clock.now() + LIFETIME).timestamp())
    code = ids.code("upload", upload_id)
    token = crypto.sign(PURPOSE, orjson.dumps([until, caller.session_id, code]).decode())
    return f"/api/upload/download/{code}?token={token}"


async def opened(token: str, path: str) -> Caller:
    """Who was shown the address; raises NotFound for a token that is not of this path, and Gone when it is too old."""
    until, session_id, code = orjson.loads(crypto.verify(PURPOSE, token))
    if not path.endswith(f"/{code}"):
        raise crypto.BadToken
    if resources.current().clock.now().timestamp() > until:
        raise Gone("This download is no longer available. Load the list again.", code="download_expired")
    return await identity.caller_of_session(session_id)
