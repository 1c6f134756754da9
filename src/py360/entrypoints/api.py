"""The API process: FastAPI with the routes of all or some modules."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware

from py360.entrypoints import aside, wiring
from py360.kit import http
from py360.kit.http import openapi
from py360.kit.resources import Resources
from py360.kit.settings import Settings
from py360.kit.wire import dumps

# What a browser's script may read of an answer; a tus client in a page cannot go on without its headers.
EXPOSED: Final = (
    "ETag", "X-Request-ID", "Location", "Retry-After", "Content-Disposition", "Idempotent-Replayed", "Tus-Resumable",
    "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm", "Upload-Offset", "Upload-Length",
    "Upload-Expires", "X-Upload-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
)  # fmt: skip


def build_app(settings: Settings, modules: Sequence[str] = ()) -> FastAPI:
    """The application; its resources are opened when the server starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.resources = await Resources.open(settings)
        yield
        await app.state.resources.close()

    app = FastAPI(
        title="Py360",
        description="Policy file in, renewed and paid policy out.\n\nWho works for several clients adds `clientId` to any"
        " address: it is then about that client only, and what is made there is that client's.",
        version="0.1.0",
        lifespan=lifespan,
        docs_url="/api/docs",
        openapi_url="/api/openapi.json",
        redoc_url=None,
    )
    http.install(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin.strip() for origin in settings.frontend_origins.split(",") if origin.strip()],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED,
    )
    wiring.import_models()
    wiring.import_jobs()
    wiring.install(app)
    house = http.Router()
    house.get("/health", dependencies=[http.Public])(health)
    for module, route in [("house", house.routes[0]), *wiring.routes(modules)]:
        if isinstance(route, http.Route):
            route.tags = [module]
        app.router.routes.append(route)  # as it is: what FastAPI includes is looked for twice
    openapi.describe(app)
    return app


async def health(request: Request) -> Response:
    """Live and ready: whether the database and the cache answer, and the reason when one does not.

    `webhooksPutAside` asks for a look (`py360 webhooks` tells why): these events of vendors could not be applied.
    """
    resources: Resources = request.app.state.resources
    reasons: dict[str, str] = {}

    async def probe(name: str, answer: Any) -> Any:
        try:
            async with asyncio.timeout(2):
                return await answer
        except Exception as error:  # noqa: BLE001 - the probe reports whatever is wrong
            reasons[name] = f"{name} does not answer: {type(error).__name__}"

    put_aside, _ = await asyncio.gather(
        probe("database", aside.number(resources.reads)), probe("cache", resources.cache.ping())
    )
    data = {"live": True, "ready": not reasons, "reasons": list(reasons.values()), "webhooksPutAside": put_aside}
    return Response(dumps({"success": not reasons, "data": data}), 503 if reasons else 200, media_type=http.JSON)
