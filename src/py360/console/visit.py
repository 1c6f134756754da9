"""What a page is given: who asks, the API as they see it, their language; and what happens when a page cannot be shown."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from py360.console import render, session
from py360.console.api_client import ApiClient
from py360.kit.caller import Caller
from py360.kit.errors import Invalid, Problem, Unauthenticated
from py360.kit.http import SAFE_METHODS, CallerWith, Route, Router
from py360.kit.pages import Language

SIGN_IN: Final = f"{session.HOME}/sign-in"
CHANGE_PASSWORD: Final = f"{session.HOME}/change-password"
_OWN: Final = frozenset({"lang", "clientId", "page", "limit"})  # parameters that any page takes


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page."""

    request: Request
    caller: Caller | None
    api: ApiClient
    language: Language

    @property
    def query(self) -> dict[str, str]:
        """The filters in the address; an empty one counts for nothing."""
        return {name: value for name, value in self.request.query_params.items() if value and name not in render.CHROME}

    def may(self, *permissions: str) -> bool:
        """Whether the caller holds any of these."""
        return self.caller is not None and self.caller.may(*permissions)

    @property
    def may_change(self) -> bool:
        """Whether the caller's role may change anything."""
        return self.caller is not None and not self.caller.read_only

    def page(self, template: str, status: int = 200, /, **values: object) -> Response:
        """A page of a template."""
        return render.page(self.request, self.caller, self.language, template, status, values)


def _language(request: Request) -> Language:
    """The language chosen on this page or an earlier one, else the browser's. Choosing one is remembered."""
    if wanted := request.query_params.get("lang"):
        chosen = Language.of(wanted)
        session.new_cookies(request).values[session.LANGUAGE] = chosen.code
        return chosen
    return Language.chosen(request.cookies.get(session.LANGUAGE), request.headers.get("accept-language"))


def stranger(request: Request) -> Visit:
    """The visit of a user who has not signed in."""
    return Visit(request, None, ApiClient(request, None), _language(request))


class VisitWith(CallerWith):
    """A dependency: the visit of a caller who holds one of these permissions, by their cookies, or by a bearer token.

    `query`: the parameters that the page reads beside those of every page; others are refused, as the API does.
    """

    def __init__(self, *permissions: str, query: frozenset[str] = frozenset(), before_password_change: bool = False):
        super().__init__(*permissions, before_password_change=before_password_change)
        self.query = query | _OWN

    async def __call__(self, request: Request) -> Visit:  # type: ignore[override]  # the visit, which has the caller
        """Let the caller in, or raise Unauthenticated or Forbidden."""
        if session.ACCESS in request.cookies or session.REFRESH in request.cookies:
            session.require_same_site(request)
            if request.method not in SAFE_METHODS:
                session.require_own_page(request)
            caller, token = await session.caller_of(request)
            _as_bearer(request, token)
        caller = await super().__call__(request)
        request.scope[render.CALLER] = caller  # for the page that says what went wrong
        token = request.headers["authorization"].partition(" ")[2]
        client = request.query_params.get("clientId") or request.cookies.get(session.CLIENT, "")
        return Visit(request, caller, ApiClient(request, token, client), _language(request))

    def refuse_unknown(self, request: Request) -> None:
        """Raise Invalid for parameters that the page does not read."""
        if unknown := [name for name in request.query_params if name not in self.query and not name.startswith("_")]:
            raise Invalid(f"There is no filter or parameter called {', '.join(unknown)[:200]}.", code="unknown_filter")


def _as_bearer(request: Request, token: str) -> None:
    """From here on the request is that of a client with a bearer token."""
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"authorization"]
    request.scope["headers"] = [*headers, (b"authorization", f"Bearer {token}".encode())]
    if hasattr(request, "_headers"):
        del request._headers


class PageRoute(Route):
    """A route whose problems are pages: sign-in where that is missing, else a page that says what to do."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's hook: what answers a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except Problem as problem:
                response = _problem_page(request, problem)
            session.set_cookies(request, response)
            return response

        return answer


def _problem_page(request: Request, problem: Problem) -> Response:
    """What a browser is answered instead of the page; scripts of our pages get the API's envelope."""
    wants_page = "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers
    if not wants_page:
        raise problem
    if problem.status == Unauthenticated.status:
        if "hx-request" in request.headers:  # a part: the page's script signs in again, and nothing typed is lost
            return Response(status_code=problem.status)
        return _go(request, f"{SIGN_IN}?next={quote(_address(request))}")
    if problem.code == "password_change_required":
        return _go(request, CHANGE_PASSWORD)
    visitor: Caller | None = request.scope.get(render.CALLER)
    return render.page(
        request, visitor, _language(request), "problem.html", problem.status,
        {"message": problem.message, "code": problem.code, "details": problem.details},
    )  # fmt: skip


def _address(request: Request) -> str:
    """Where the caller was going: the page itself, or for a part of a page the page that asked for it."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _go(request: Request, address: str) -> Response:
    """Lead the browser to another page, whole, also when only a part of a page was asked for."""
    if "hx-request" in request.headers:
        return Response(headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


class PageRouter(Router):
    """The routes of an area of the console."""

    def __init__(self, max_body_size: int | None = None) -> None:
        super().__init__(session.HOME, include_in_schema=False, max_body_size=max_body_size)
        self.route_class = PageRoute
