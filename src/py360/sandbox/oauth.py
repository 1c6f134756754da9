"""A token endpoint as Google's and Microsoft's (RFC 6749, section 6), and an introspection endpoint for mail servers (RFC 7662).

A refresh token of the sandbox names its mailbox: `refresh:asha@example.com`. With `revoked:` in front nothing is renewed any more,
and with `busy:` the endpoint is away. Microsoft's path gives a new refresh token each time, as Microsoft does.
https://developers.google.com/identity/protocols/oauth2/web-server#offline
"""

import secrets
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from py360.sandbox.world import World

SECONDS: Final = 3_600
_ISSUED: Final = "sandbox-token."


class Tokens:
    """The access tokens that were issued, and whose they are."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.active: dict[str, str] = {}
        self.renewed = 0

    def revoke(self) -> None:
        """No access token is good any more; refresh tokens still are."""
        self.active.clear()

    def issue(self, mailbox: str) -> str:
        """A new access token of a mailbox."""
        token = _ISSUED + secrets.token_urlsafe(12)
        self.active[token] = mailbox
        self.renewed += 1
        return token


def routes(tokens: Tokens) -> APIRouter:
    """The paths under `/oauth`."""
    router = APIRouter(prefix="/oauth", tags=["oauth"])

    @router.post("/google/token")
    async def google(request: Request) -> Response:
        """Renew an access token; the refresh token stays."""
        return await _renew(tokens, request, rotates=False)

    @router.post("/microsoft/token")
    async def microsoft(request: Request) -> Response:
        """Renew both."""
        return await _renew(tokens, request, rotates=True)

    @router.post("/introspect")
    async def introspect(request: Request) -> Response:
        """Whether an access token is good, and whose it is."""
        mailbox = tokens.active.get((await tokens.world.form(request)).get("token", ""))
        return JSONResponse({"active": True, "username": mailbox} if mailbox else {"active": False})

    return router


async def _renew(tokens: Tokens, request: Request, *, rotates: bool) -> Response:
    form = await tokens.world.form(request)
    if form.get("grant_type") != "refresh_token":
        return _refused("unsupported_grant_type", "Invalid grant_type")
    if not form.get("client_id"):
        return _refused("invalid_request", "Missing required parameter: client_id")
    kind, _, mailbox = form.get("refresh_token", "").partition(":")
    if kind == "busy":
        return JSONResponse({"error": "temporarily_unavailable"}, 503)
    if kind != "refresh" or not mailbox:
        return _refused("invalid_grant", "Token has been expired or revoked.")
    answer: dict[str, object] = {
        "access_token": tokens.issue(mailbox), "expires_in": SECONDS, "scope": "https://mail.google.com/", "token_type": "Bearer",
    }  # fmt: skip
    if rotates:
        answer["refresh_token"] = f"refresh:{mailbox}"
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _refused(error: str, words: str) -> Response:
    return JSONResponse({"error": error, "error_description": words}, 400)
