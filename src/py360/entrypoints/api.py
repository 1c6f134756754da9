"""The API process: FastAPI with the routes of all or some modules."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Final, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from typing_extensions import TypedDict

from py360 import console
from py360.entrypoints import dead_letters, front, wiring
from py360.entrypoints.logs import RequestLog
from py360.kit import crypto, http
from py360.kit.http import openapi
from py360.kit.resources import Resources
from py360.kit.settings import Settings
from py360.kit.wire import dumps

# What a browser's script may read of an answer; a tus client in a page cannot continue without its headers.
EXPOSED: Final = (
    "ETag", "X-Request-ID", "Location", "Retry-After", "Content-Disposition", "Idempotent-Replayed", "Tus-Resumable",
    "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm", "Upload-Offset", "Upload-Length",
    "Upload-Expires", "X-Upload-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
)  # fmt: skip


PROBE_SECONDS: Final = 2
KEY_IN_USE: Final = "select exists (select from secret_keys where fingerprint = any(%(known)s))"
T = TypeVar("T")


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
        version=version("py360"),
        lifespan=lifespan,
        docs_url=None,  # FastAPI's page loads its scripts from elsewhere; `front` has one that does not
        openapi_url=front.OPENAPI,
        redoc_url=None,
    )
    http.install(app)
    app.add_middleware(RequestLog)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[origin.strip() for origin in settings.frontend_origins.split(",") if origin.strip()],
        allow_credentials=True,  # clients send `credentials: include`; we read no cookies
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED,
    )
    wiring.import_models()
    wiring.import_jobs()
    wiring.install(app)
    system = http.Router()
    system.get("/health", dependencies=[http.Public], response_model=http.Answer[HealthView])(health)
    pages = [] if modules else console.router.routes  # they ask every module's routes, in this process
    last = [("console", route) for route in pages] + [("system", route) for route in front.router.routes]
    for module, route in [("system", system.routes[0]), *wiring.routes(modules), *last]:
        if isinstance(route, http.Route):
            route.tags = [module]
        app.router.routes.append(route)  # as it is: what FastAPI includes is looked for twice
    openapi.describe(app)
    return app


class Proxies(TypedDict):
    """How uvicorn treats the gateways in front of it."""

    proxy_headers: bool
    forwarded_allow_ips: str


def proxies(settings: Settings) -> Proxies:
    """Whose X-Forwarded-For is believed: that of PY360_TRUSTED_PROXIES, and nobody's by default, not even the loopback's."""
    return {"proxy_headers": bool(settings.trusted_proxies), "forwarded_allow_ips": settings.trusted_proxies}


class HealthView(TypedDict):
    """Whether the installation is live and ready, and why not."""

    live: bool
    ready: bool
    reasons: list[str]
    deadLetters: int | None


async def health(request: Request) -> Response:
    """Live and ready: whether the database, the cache and the secret key are as they should be, and the reasons when not.

    `deadLetters` counts vendors' events that could not be applied; `py360 webhooks` shows why.
    """
    resources: Resources = request.app.state.resources
    reasons: dict[str, str] = {}

    async def probe(name: str, answer: Awaitable[T]) -> T | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return await answer
        except Exception as error:  # noqa: BLE001 - the probe reports whatever is wrong
            reasons[name] = f"{name} does not answer: {type(error).__name__}"
            return None

    dead, used, _ = await asyncio.gather(
        probe("database", dead_letters.count(resources.reads)),
        probe("database", resources.reads.fetch_one(bool, KEY_IN_USE, {"known": _fingerprints(resources.settings)})),
        probe("cache", resources.cache.ping()),
    )
    if used is False:
        reasons["key"] = "the secret key is not the one that this database was used with"
    data = {"live": True, "ready": not reasons, "reasons": list(reasons.values()), "deadLetters": dead}
    return Response(dumps({"success": not reasons, "data": data}), 503 if reasons else 200, media_type=http.JSON)


def _fingerprints(settings: Settings) -> list[str]:
    return [crypto.fingerprint(key) for key in settings.secret_keys]
