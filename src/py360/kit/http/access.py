"""Who may call a route: callers are let in here, with their permissions and their quota."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from py360.kit.caller import Caller
from py360.kit.errors import Forbidden, Unauthenticated
from py360.kit.http import parameters
from py360.kit.http.params import resources_of
from py360.kit.limits import refusal

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class CallerWith(HTTPBearer):
    """A dependency: the signed-in caller, who must hold one of these permissions (any caller may, when none is named).

    Read-only roles may only read. One dependency on purpose: each costs a tenth of a list. `Route` asks it before anything
    of the body is read; the handler gets the caller that was let in then.
    """

    def __init__(self, *permissions: str, before_password_change: bool = False) -> None:
        super().__init__(scheme_name="HTTPBearer", description="Access token of POST /api/auth/login", auto_error=False)
        self.permissions = permissions
        self.before_password_change = before_password_change
        self.declares = permissions or ("any login",)  # read by tests/house: no route without a permission

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]  # the caller, not the bare token
        """Let the caller in, or raise Unauthenticated or Forbidden; asked again for the same request, the same caller."""
        admitted: dict[CallerWith, Caller] = request.scope.setdefault("admitted", {})
        if self not in admitted:
            admitted[self] = await self._admit(request)
        return admitted[self]

    async def _admit(self, request: Request) -> Caller:
        credentials = await super().__call__(request)
        if credentials is None:
            raise Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
        caller = await self.authenticate(request, credentials.credentials)
        await _count(request, caller)
        if caller.must_change_password and not self.before_password_change:
            raise Forbidden(
                "Change your password first (PUT /api/user/change-password).", code="password_change_required"
            )
        if b"clientId=" in request.scope["query_string"] and (client := request.query_params.get("clientId")):
            caller = caller.at(client)
        if self.permissions:
            if not caller.may(*self.permissions):
                raise Forbidden(f"Your role has no access to this ({' or '.join(self.permissions)}).")
            if caller.read_only and request.method not in SAFE_METHODS:
                raise Forbidden("Your role may look but not change anything.", code="read_only")
        if request.method == "GET" and request.scope["query_string"]:
            self.refuse_unknown(request)
        return caller

    async def authenticate(self, request: Request, token: str) -> Caller:
        """The caller behind a bearer token: an access token, unless a route takes others too. Raises Unauthenticated."""
        caller: Caller = await request.app.state.authenticate(token)
        return caller

    def refuse_unknown(self, request: Request) -> None:
        """Raise Invalid for parameters that the route does not read."""
        asked = request.query_params.keys()
        parameters.refuse_unknown(asked, request.scope["endpoint"], request.scope["route"].dependant)


async def _count(request: Request, caller: Caller) -> None:
    """Count a request against its caller's quota, which the answer shows (draft-ietf-httpapi-ratelimit-headers-06)."""
    resources = await resources_of(request)
    left = await resources.quota.spend(str(caller.user_id), resources.clock.now().timestamp())
    request.scope["quota"] = (
        (b"ratelimit-limit", b"%d" % left.limit),
        (b"ratelimit-remaining", b"%d" % max(left.remaining, 0)),
        (b"ratelimit-reset", b"%d" % left.reset_seconds),
    )
    if left.remaining < 0:
        raise refusal(
            f"You may make {left.limit} requests in a minute. Please wait a moment.", left.limit, left.reset_seconds
        )


def caller_with(*permissions: str) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency: the caller, who must hold one of these permissions; read-only roles may only read."""
    return CallerWith(*permissions)


SignedIn = Annotated[Caller, Depends(CallerWith())]


async def public() -> None:
    """Declares a route open to everybody: links in messages, webhooks (verified by signature), sign-in."""


public.declares = ("public",)  # type: ignore[attr-defined]  # as in CallerWith
Public = Depends(public)
