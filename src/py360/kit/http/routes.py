"""The one way to declare a route. In the order of a request:

1. the query of a list is put into our spelling (`parameters`), and who calls is let in (`CallerWith`), before anything of the body is read;
2. the body's limit is held: `max_body_size=` of the route or its router, else `MAX_BODY` (`MAX_PUBLIC_BODY` where nobody
   need sign in), by Content-Length and while it arrives;
3. an Idempotency-Key is looked up;
4. the handler's arguments are found and it runs.

Where all arguments are found in the request alone (the caller, the read pool, one model of the query), the general solver
of FastAPI is left out: it costs as much as a list's SQL (measured). Nothing else differs: a test in tests/house asks each route.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Any, Final

from fastapi import APIRouter, Request, Response, params
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import QueryParams

from py360.kit.http import audit, idempotency, parameters
from py360.kit.http.access import SAFE_METHODS, CallerWith
from py360.kit.http.body import limited
from py360.kit.http.idempotency import Handler
from py360.kit.http.params import opens_transaction

MAX_BODY: Final = 1 << 20  # bytes
MAX_PUBLIC_BODY: Final = 1 << 16
# Fields, and files of up to 1 MB each, are held in memory: a large body is one file or a few, never a thousand of them.
FORM_LIMITS: Final = {"max_fields": 50, "max_files": 100, "max_part_size": 1 << 20}

Finder = Callable[[Request], Awaitable[Any]]


class Router(APIRouter):
    """A module's routes, each with its whole path; they are in the application as they are."""

    def __init__(
        self,
        prefix: str = "/api",
        *,
        dependencies: Sequence[params.Depends] = (),
        max_body_size: int | None = None,
        include_in_schema: bool = True,
    ) -> None:
        super().__init__(
            prefix=prefix,
            dependencies=dependencies,
            route_class=Route,
            max_body_size=max_body_size,
            include_in_schema=include_in_schema,
        )

    def add(self, *routers: APIRouter) -> None:
        """Take over the routes of these."""
        for router in routers:
            self.routes += router.routes


class Route(APIRoute):
    """A route of ours; see the top of this file."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, max_body_size: int | None = None, **declared: Any):
        self.guards: list[CallerWith] = []
        self._declared_limit = max_body_size
        declared.setdefault("form_limits", FORM_LIMITS)
        super().__init__(path, audit.marking(idempotency.noting(endpoint)), **declared)

    @property
    def body_limit(self) -> int:
        """The most bytes of a body."""
        return self._declared_limit or (MAX_BODY if self.guards else MAX_PUBLIC_BODY)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """FastAPI's hook: what answers a request."""
        self.guards = [call for call in calls(self.dependant) if isinstance(call, CallerWith)]
        answer = _lean(self) or super().get_route_handler()
        takes_body = not (self.methods or set()) <= SAFE_METHODS
        guards, limit = self.guards, self.body_limit
        is_list = parameters.is_list(self.dependant)

        in_transaction = any(opens_transaction(call) for call in calls(self.dependant))

        async def audited(request: Request) -> Response:
            response: Response = await answer(request)
            if guards and not in_transaction and response.status_code < 400:
                await audit.note_alone(request)
            return response

        async def handle(request: Request) -> Response:
            if is_list:
                request.scope["query_string"] = parameters.in_our_spelling(request.scope["query_string"])
            for guard in guards:
                await guard(request)
            if not takes_body:
                return await answer(request)
            audit.begin()
            async with limited(request, limit, counted=not guards) as body:
                return await idempotency.once(body, audited)

        return handle


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Everything that a route depends on, however deep."""
    for inner in dependant.dependencies:
        if inner.call:
            yield inner.call
        yield from calls(inner)


def _lean(route: Route) -> Handler | None:
    """The handler without FastAPI's solver; None where it is needed."""
    needs = route.dependant
    alone = all(_wants_request_alone(inner) for inner in needs.dependencies)
    if not alone or needs.path_params or needs.header_params or needs.cookie_params or route.body_field:
        return None
    finders: dict[str, Finder] = {
        str(inner.name): inner.call for inner in needs.dependencies if inner.name and inner.call
    }
    unnamed = [inner.call for inner in needs.dependencies if not inner.name and inner.call]
    for field in needs.query_params:
        model = field.field_info.annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel) and model.model_config.get("frozen")):
            return None
        finders[field.name] = partial(_query, model)
    if finders.keys() != inspect.signature(route.endpoint).parameters.keys():
        return None

    async def answer(request: Request) -> Response:
        for call in unnamed:
            await call(request)
        response: Response = await route.endpoint(**{name: await find(request) for name, find in finders.items()})
        return response

    return answer


def _wants_request_alone(inner: Dependant) -> bool:
    if inner.call is None or list(inspect.signature(inner.call).parameters) != ["request"]:
        return False
    call = inner.call if inspect.isroutine(inner.call) else type(inner.call).__call__
    return inspect.iscoroutinefunction(call)


async def _query(model: type[BaseModel], request: Request) -> BaseModel:
    try:
        return _parsed(model, request.scope["query_string"])
    except ValidationError as error:
        raise RequestValidationError([{**item, "loc": ("query", *item["loc"])} for item in error.errors()]) from error


@lru_cache(maxsize=500)  # open windows ask for the same again and again
def _parsed(model: type[BaseModel], query: bytes) -> BaseModel:
    return model.model_validate(dict(QueryParams(query)))
