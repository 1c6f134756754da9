"""A page of consent and a token endpoint as Google's and Microsoft's (RFC 6749, 4.1 and 6; PKCE: RFC 7636), and an introspection
endpoint for mail servers (RFC 7662).

Who allows access on the page is the mailbox that the application named (`login_hint`). A refresh token of the sandbox names its mailbox: `refresh:asha@example.com`. With `revoked:` in front nothing is renewed any more,
and with `busy:` the endpoint is away. Microsoft's path gives a new refresh token each time, as Microsoft does.
https://developers.google.com/identity/protocols/oauth2/web-server#offline
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from py360.sandbox.world import World

SECONDS: Final = 3_600
_ISSUED: Final = "sandbox-token."


@dataclass(frozen=True, slots=True)
class Consent:
    """An owner let an application in; its code may be exchanged once, by who knows the challenge's verifier."""

    client_id: str
    redirect_uri: str
    challenge: str
    mailbox: str


class Tokens:
    """The access tokens that were issued, and whose they are."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.active: dict[str, str] = {}
        self.consents: dict[str, Consent] = {}
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

    @router.get("/google/authorize")
    @router.get("/microsoft/authorize")
    async def consent_page(request: Request) -> Response:
        """The page on which the owner of a mailbox lets an application in, or does not."""
        return _consent_page(dict(request.query_params))

    @router.post("/google/authorize")
    @router.post("/microsoft/authorize")
    async def decide(request: Request) -> Response:
        """What the owner of the mailbox chose; the browser goes back to the application."""
        return _decided(tokens, await tokens.world.form(request))

    @router.post("/google/token")
    async def google(request: Request) -> Response:
        """Tokens for a code; or a new access token: the refresh token stays."""
        return await _tokens(tokens, request, rotates=False)

    @router.post("/microsoft/token")
    async def microsoft(request: Request) -> Response:
        """Tokens for a code; or both anew."""
        return await _tokens(tokens, request, rotates=True)

    @router.post("/introspect")
    async def introspect(request: Request) -> Response:
        """Whether an access token is good, and whose it is."""
        mailbox = tokens.active.get((await tokens.world.form(request)).get("token", ""))
        return JSONResponse({"active": True, "username": mailbox} if mailbox else {"active": False})

    return router


_ASKED: Final = ("client_id", "redirect_uri", "state", "code_challenge", "login_hint")


def _consent_page(asked: dict[str, str]) -> Response:
    if (
        asked.get("response_type") != "code"
        or asked.get("code_challenge_method") != "S256"
        or not asked.get("client_id")
    ):
        return HTMLResponse("<h1>Error 400: invalid_request</h1>", 400)
    fields = "".join(f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">' for name in _ASKED)
    page = (
        f"<!doctype html><title>Sandbox: sign in</title><h1>{escape(asked.get('login_hint', ''))}</h1>"
        f"<p>{escape(asked['client_id'])} wants to read and send your mail: {escape(asked.get('scope', ''))}</p>"
        f'<form method="post">{fields}<button name="choice" value="allow">Allow</button>'
        ' <button name="choice" value="deny">Deny</button></form>'
    )
    return HTMLResponse(page)


def _decided(tokens: Tokens, form: dict[str, str]) -> Response:
    back = {"state": form.get("state", "")}
    if form.get("choice") == "allow":
        code = secrets.token_urlsafe(12)
        tokens.consents[code] = Consent(
            form.get("client_id", ""), form.get("redirect_uri", ""), form.get("code_challenge", ""), form.get("login_hint", "")
        )  # fmt: skip
        back["code"] = code
    else:
        back["error"] = "access_denied"
    return RedirectResponse(f"{form.get('redirect_uri', '')}?{urlencode(back)}", 302)


async def _tokens(tokens: Tokens, request: Request, *, rotates: bool) -> Response:
    form = await tokens.world.form(request)
    if not form.get("client_id"):
        return _refused("invalid_request", "Missing required parameter: client_id")
    if form.get("grant_type") == "authorization_code":
        return _exchange(tokens, form)
    if form.get("grant_type") != "refresh_token":
        return _refused("unsupported_grant_type", "Invalid grant_type")
    kind, _, mailbox = form.get("refresh_token", "").partition(":")
    if kind == "busy":
        return JSONResponse({"error": "temporarily_unavailable"}, 503)
    if kind != "refresh" or not mailbox:
        return _refused("invalid_grant", "Token has been expired or revoked.")
    return _answer(tokens, mailbox, with_refresh=rotates)


def _exchange(tokens: Tokens, form: dict[str, str]) -> Response:
    consent = tokens.consents.pop(form.get("code", ""), None)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    given = (form.get("client_id"), form.get("redirect_uri"), challenge)
    if consent is None or given != (consent.client_id, consent.redirect_uri, consent.challenge):
        return _refused("invalid_grant", "Bad Request")
    return _answer(tokens, consent.mailbox, with_refresh=True)


def _answer(tokens: Tokens, mailbox: str, *, with_refresh: bool) -> Response:
    answer: dict[str, object] = {
        "access_token": tokens.issue(mailbox), "expires_in": SECONDS, "scope": "https://mail.google.com/", "token_type": "Bearer",
    }  # fmt: skip
    if with_refresh:
        answer["refresh_token"] = f"refresh:{mailbox}"
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _refused(error: str, words: str) -> Response:
    return JSONResponse({"error": error, "error_description": words}, 400)
