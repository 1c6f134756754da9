"""Addresses of exports that a browser can open: signed, for ten minutes, on behalf of the session and clients that asked."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import orjson

from py360.kit import resources
from py360.kit.caller import Caller
from py360.kit.crypto import BadToken, sign, verify
from py360.kit.errors import Forbidden, Gone, NotFound
from py360.modules.cases.schemas import ExportFilters
from py360.modules.identity import api as identity

PURPOSE: Final = "case export"
LIFETIME: Final = timedelta(minutes=10)


def address(caller: Caller, format: str, filters: ExportFilters, closed: bool) -> str:
    """The path of a download."""
    until = int((resources.current().clock.now() + LIFETIME).timestamp())
    return "/api/export/cases/" + sign(
        PURPOSE, orjson.dumps([until, caller.session_id, caller.client_ids, format, filters, closed]).decode()
    )


async def opened(token: str) -> tuple[Caller, str, ExportFilters, bool]:
    """Who asked, the format, the filters, and whether of the closed list; raises NotFound, Gone and Forbidden."""
    try:
        until, session_id, clients, format, filters, closed = orjson.loads(verify(PURPOSE, token))
    except BadToken as error:
        raise NotFound("There is no such download.") from error
    if resources.current().clock.now().timestamp() > until:
        raise Gone("This download is no longer available. Export the list again.", code="download_expired")
    caller = await identity.caller_of_session(session_id)
    if not caller.may("closed-cases" if closed else "cases"):
        raise Forbidden
    still = tuple(number for number in clients if number in caller.client_ids)
    return replace(caller, client_ids=still), format, filters, closed
