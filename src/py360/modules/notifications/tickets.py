"""Tickets for the WebSocket: a browser cannot send a bearer token with it, and a token in an address ends up in logs.

A ticket is good once and for half a minute, and names the session it was made in.
"""

from typing import Final

from py360.kit import crypto, resources
from py360.kit.caller import Caller
from py360.kit.errors import Unauthenticated
from py360.modules.identity import api as identity

LIFETIME_SECONDS: Final = 30


async def issue(caller: Caller) -> str:
    """A ticket for this session."""
    ticket = crypto.random_token()
    await resources.current().cache.set(_key(ticket), caller.session_id, ex=LIFETIME_SECONDS)
    return ticket


async def redeem(ticket: str) -> Caller:
    """The caller of a ticket, which is used up; raises Unauthenticated."""
    session_id = await resources.current().cache.getdel(_key(ticket))
    if session_id is None:
        raise Unauthenticated("This ticket has been used or has expired. Ask for a new one.", code="bad_ticket")
    return await identity.caller_of_session(int(session_id))


def _key(ticket: str) -> str:
    return f"ws-ticket:{crypto.digest(ticket)}"
