"""Who is signed in to the console: identity's own tokens in cookies that no script can read.

The access token is good for ten minutes; a request after that refreshes it by identity's rules. A change must come from a
page of ours: the browser names the origin, and the page repeats a token that only our pages know (double submit).
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final, TypedDict
from urllib.parse import urlsplit

from fastapi import Request, Response

from py360.console.api_client import ApiClient, ApiProblem
from py360.kit.caller import Caller
from py360.kit.errors import Forbidden, Unauthenticated

HOME: Final = "/console"
ACCESS: Final = "py360_access"
REFRESH: Final = "py360_refresh"
CSRF: Final = "py360_csrf"
CSRF_HEADER: Final = "x-csrf-token"
LANGUAGE: Final = "py360_language"
THEME: Final = "py360_theme"
CLIENT: Final = "py360_client"
A_YEAR: Final = 365 * 24 * 3600  # seconds
_NEW: Final = "console.cookies"


class Tokens(TypedDict):
    """What signing in and refreshing answer, as far as it is kept here."""

    token: str
    refreshToken: str


@dataclass(slots=True)
class NewCookies:
    """Cookies to set with the answer to this request, whatever it will be."""

    values: dict[str, str] = field(default_factory=dict)  # an empty value forgets the cookie


def new_cookies(request: Request) -> NewCookies:
    """The cookies that the answer to this request will set."""
    found: NewCookies = request.scope.setdefault(_NEW, NewCookies())
    return found


def keep(request: Request, tokens: Tokens) -> None:
    """Sign the browser in: its cookies end with the browser, the session by identity's rules."""
    new_cookies(request).values |= {ACCESS: tokens["token"], REFRESH: tokens["refreshToken"]}


def forget(request: Request) -> None:
    """Sign the browser out."""
    new_cookies(request).values |= {ACCESS: "", REFRESH: "", CLIENT: ""}


def set_cookies(request: Request, response: Response) -> None:
    """Put the new cookies on an answer."""
    is_secure = request.url.scheme == "https"
    for name, value in new_cookies(request).values.items():
        lasting = name in (LANGUAGE, THEME)
        response.set_cookie(
            name,
            value,
            max_age=0 if not value else A_YEAR if lasting else None,
            path=HOME,
            secure=is_secure,
            httponly=name in (ACCESS, REFRESH),
            samesite="strict" if name == CSRF else "lax",  # a link in a letter opens the console signed in
        )


def csrf_token(request: Request) -> str:
    """The token that this browser's pages repeat with every change; made with the first page."""
    token = request.cookies.get(CSRF) or new_cookies(request).values.get(CSRF) or secrets.token_urlsafe(18)
    new_cookies(request).values.setdefault(CSRF, token)
    return token


def require_own_page(request: Request, token: str | None = None) -> None:
    """Raise Forbidden unless a page of ours asked for this change. `token` is the form's, where no header carries it."""
    origin = request.headers.get("origin")
    given = token or request.headers.get(CSRF_HEADER, "")
    known = request.cookies.get(CSRF, "")
    is_ours = origin is not None and urlsplit(origin).netloc == request.headers.get("host")
    if not (is_ours and known and hmac.compare_digest(given.encode(), known.encode())):
        raise Forbidden("This form is no longer valid. Load the page again, then repeat your change.", code="bad_csrf")


def require_same_site(request: Request) -> None:
    """Raise Forbidden when another site's page asks with this browser's cookies; following a link to a page is no such thing."""
    site, mode = request.headers.get("sec-fetch-site", "none"), request.headers.get("sec-fetch-mode", "")
    if site not in ("same-origin", "none") and mode != "navigate":
        raise Forbidden("This address answers pages of the console only.", code="other_site")


async def caller_of(request: Request) -> tuple[Caller, str]:
    """The signed-in caller and an access token of theirs that is good now; raises Unauthenticated."""
    token = request.cookies.get(ACCESS, "")
    try:
        if token:
            caller: Caller = await request.app.state.authenticate(token)
            return caller, token
    except Unauthenticated as refused:
        if refused.code != "token_expired":
            forget(request)
            raise
    refresh_token = request.cookies.get(REFRESH)
    if not refresh_token:
        raise Unauthenticated
    try:
        tokens = await ApiClient(request, None).post(Tokens, "/auth/refresh", {"refreshToken": refresh_token})
    except ApiProblem as refused:
        if refused.status == Unauthenticated.status:
            forget(request)
        raise
    keep(request, tokens)
    caller = await request.app.state.authenticate(tokens["token"])
    return caller, tokens["token"]
