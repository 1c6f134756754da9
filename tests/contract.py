"""Every answer of the application, in every test, is held to the schema that its route declares."""

from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.routing import Match

from py360.kit.http import JSON, Route

_schemas: dict[int, TypeAdapter[Any] | None] = {}  # by the route's id; the application is built once
_routes: dict[tuple[str, str], Route | None] = {}  # by method and path


def _schema(route: Route) -> TypeAdapter[Any] | None:
    if id(route) not in _schemas:
        _schemas[id(route)] = TypeAdapter(route.response_model) if route.response_model else None
    return _schemas[id(route)]


class CheckedTransport(httpx.ASGITransport):
    """Calls the application, and fails the test whose answer is not what the route's `response_model` says."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app=app, client=("127.0.0.1", 40000))
        self._api = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on and look at the answer."""
        answer = await super().handle_async_request(request)
        if answer.is_success and answer.headers.get("content-type") == JSON and "format" not in request.url.params:
            body = await answer.aread()
            if body and (schema := self._schema_of(request)):
                schema.validate_json(body, strict=True, extra="forbid")
        return answer

    def _schema_of(self, request: httpx.Request) -> TypeAdapter[Any] | None:
        asked = request.method, request.url.path
        if asked not in _routes:
            _routes[asked] = self._route(*asked)
        route = _routes[asked]
        return _schema(route) if route else None

    def _route(self, method: str, path: str) -> Route | None:
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        routes = (each for each in self._api.router.routes if isinstance(each, Route))
        return next((each for each in routes if each.matches(scope)[0] is Match.FULL), None)
