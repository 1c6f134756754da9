"""What is true of every route."""

from collections import Counter
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from py360.entrypoints.api import build_app
from py360.kit.http import CallerWith
from py360.kit.settings import Settings

NOT_OURS = {"/api/openapi.json"}  # FastAPI's own: the description of the API


@pytest.fixture(scope="module")
def routes() -> list[RouteContext]:
    """Every route of the application, WebSockets included."""
    app: FastAPI = build_app(Settings(_env_file=None))
    return [route for route in iter_route_contexts(app.routes) if route.path not in NOT_OURS]


def _dependencies(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _dependencies(inner)


def test_every_route_declares_who_may_call_it(routes: list[RouteContext]) -> None:
    """Deny by default; `caller_with(...)`, `SignedIn` or `Public` is on each route."""
    undeclared = [
        f"{sorted(route.methods or {'WebSocket'})} {route.path}"
        for route in routes
        if not any(getattr(call, "declares", ()) for call in _dependencies(route.dependant))
    ]
    assert not undeclared, undeclared


def test_every_signed_in_request_is_counted(routes: list[RouteContext]) -> None:
    """RateLimit-* on whatever is not public. Each permission is asked by what counts the request."""
    uncounted = [
        route.path
        for route in routes
        for call in _dependencies(route.dependant)
        if getattr(call, "declares", ("public",)) != ("public",) and not isinstance(call, CallerWith)
    ]
    assert not uncounted, uncounted


def test_no_route_hides_another(routes: list[RouteContext]) -> None:
    named = Counter((method, route.path) for route in routes for method in sorted(route.methods or {"WebSocket"}))
    assert not [name for name, times in named.items() if times > 1]


def test_every_route_explains_itself(routes: list[RouteContext]) -> None:
    """Section 3: a handler's docstring is its text in the API's description."""
    silent = [route.path for route in routes if not (getattr(route.endpoint, "__doc__", None) or "").strip()]
    assert not silent, silent
