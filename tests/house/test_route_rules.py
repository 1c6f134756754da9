"""Every route keeps the rules of a route, asked by requests."""

import re
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import Depends, FastAPI, params
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.http import DbReads, Res, Route, Router, SignedIn, caller_with, ok
from py360.kit.resources import Resources
from tests.modules.conftest import AsRole, as_role

__all__ = ["as_role"]  # the fixture
NOT_OURS = {"/api/openapi.json"}
SAFE = {"GET", "HEAD", "OPTIONS"}
BRIDGE = "/console/api/1"  # passes any parameter on to the API's route, which refuses it
SIGN_OUT = ("/api/auth/logout", "/api/auth/sessions/1")
UNREAD = "a body that nobody may read"


def ours(app: FastAPI) -> Iterator[tuple[str, str, Route]]:
    """Every route for requests: a method, a path with its parameters filled, the route."""
    context: RouteContext
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and context.path not in NOT_OURS:
            assert isinstance(route, Route), f"{context.path} is declared with another router than kit.http.Router"
            for method in sorted(context.methods or ()):
                yield method, re.sub(r"\{[^}]+\}", "1", context.path or ""), route


async def test_nobody_is_let_in_without_signing_in_and_no_body_is_read_before(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    async def body() -> AsyncIterator[bytes]:
        read.append(path)
        yield UNREAD.encode()

    read: list[str] = []
    wrong = []
    for method, path, route in ours(app):
        if route.guards:
            answer = await client.request(method, path, content=None if method in SAFE else body())
            if answer.status_code != 401:
                wrong.append((method, path, answer.status_code))
    assert wrong == []
    assert read == []


async def test_missing_permission_is_refused_and_every_request_is_counted(app: FastAPI, as_role: AsRole) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session, "insert into roles (name, display_name, permissions) values ('nobody', 'Nobody', '[]')"
        )
    nobody = await as_role("nobody")
    wrong = []
    for method, path, route in ours(app):
        if not route.guards or path in SIGN_OUT:
            continue
        answer = await nobody.request(method, path)
        if "ratelimit-remaining" not in answer.headers:
            wrong.append((method, path, "not counted"))
        if all(guard.permissions for guard in route.guards) and answer.status_code != 403:
            wrong.append((method, path, answer.status_code))
    assert wrong == []


async def test_unknown_parameter_is_refused(app: FastAPI, as_admin: httpx.AsyncClient) -> None:
    wrong = []
    for method, path, route in ours(app):
        if method == "GET" and route.guards and path != BRIDGE:
            answer = await as_admin.get(path, params={"colour": "blue"})
            if answer.status_code != 422 or answer.json()["error"]["code"] != "unknown_filter":
                wrong.append((path, answer.status_code))
    assert wrong == []


async def test_too_large_a_body_is_refused_before_it_is_read(app: FastAPI, as_admin: httpx.AsyncClient) -> None:
    sent: list[int] = []

    async def body(limit: int) -> AsyncIterator[bytes]:
        sent.append(0)
        while True:
            sent[-1] += 1 << 16
            yield b"x" * (1 << 16)
            assert sent[-1] <= limit + (2 << 16), "more is read than the limit"

    for method, path, route in ours(app):
        if method in SAFE:
            continue
        announced = await as_admin.request(
            method, path, content=b"", headers={"Content-Length": str(route.body_limit + 1)}
        )
        assert (announced.status_code, announced.json()["error"]["code"]) == (413, "too_large"), (method, path)
        if route.body_field and route.body_limit <= 1 << 20:
            form = isinstance(route.body_field.field_info, params.Form)
            kind = "application/x-www-form-urlencoded" if form else "application/json"
            headers = {"Transfer-Encoding": "chunked", "Content-Type": kind}
            chunked = await as_admin.request(method, path, content=body(route.body_limit), headers=headers)
            assert chunked.status_code == 413, (method, path, chunked.text)


@pytest.fixture
def small(app: FastAPI, resources: Resources) -> FastAPI:
    """An application whose routes declare their permission in each way there is."""
    router = Router("/api/small", dependencies=[Depends(caller_with("users"))])

    @router.get("/lean", dependencies=[Depends(caller_with("logs"))])
    async def lean(res: Res, reads: DbReads, caller: SignedIn) -> object:
        """Needs no solver."""
        return ok({})

    @router.get("/ordinary", dependencies=[Depends(caller_with("logs"))])
    async def ordinary(res: Res, caller: SignedIn, number: int = 1) -> object:
        """Needs the solver."""
        return ok({})

    made = FastAPI()
    made.router.routes += router.routes
    made.state.resources, made.state.authenticate = resources, app.state.authenticate
    return made


@pytest.mark.parametrize("path", ["/api/small/lean", "/api/small/ordinary"])
async def test_permission_declared_beside_the_handler_holds(
    small: FastAPI, as_role: AsRole, as_admin: httpx.AsyncClient, path: str
) -> None:
    """On a lean route as on an ordinary one; the router's own dependencies, too."""
    agent = await as_role("agent")
    for person, status in ((agent, 500), (as_admin, 200)):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(small, raise_app_exceptions=False)) as asking:
            asking.headers["authorization"] = person.headers["authorization"]
            assert (
                await asking.get(f"http://test{path}")
            ).status_code == status  # it has no error envelope: refused is 500


def test_public_routes_are_the_ones_we_know(app: FastAPI) -> None:
    """Whatever is added here is open to everybody: think twice."""
    public = {path for _, path, route in ours(app) if not route.guards}
    assert public and all(
        path == "/"
        or path.startswith(
            ("/api", "/pay", "/mandate", "/webhook", "/reset-password", "/confirm-email", "/unsubscribe", "/console")
        )
        for path in public
    )
