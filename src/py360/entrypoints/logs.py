"""One line per event in one format for all of it, ours and the libraries': readable on a terminal, JSON in a file."""

import logging
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version
from typing import Final, TextIO, cast
from urllib.parse import urlsplit

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from py360.kit.settings import Settings

log = structlog.get_logger()
QUIET: Final = ("/api/health",)  # asked every few seconds by whatever watches
CHATTY: Final = ("procrastinate", "aiosmtpd", "mail.log", "uvicorn.error", "asyncio")


def _dumps(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class _Log:
    """Standard error. On a full disk a line is lost, never the work that it reports."""

    def write(self, text: str) -> None:
        """Print."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Hand it over."""
        with suppress(OSError):
            sys.stderr.flush()


def configure(settings: Settings) -> None:
    """Set up structlog and the standard library's logging for this process."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer(_dumps)
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Log())),
    )
    handler = logging.StreamHandler(cast(TextIO, _Log()))  # it has the two methods that are used
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))


def started(role: str, settings: Settings, modules: Sequence[str], **more: str) -> None:
    """One line at the start: what runs, where, and with which modules."""
    log.info(
        "started",
        role=role,
        version=version("py360"),
        modules=",".join(modules) or "all",
        home=str(settings.home.absolute()),
        database=urlsplit(settings.database_url).hostname or "this machine",
        **more,
    )


class RequestLog:
    """One line per request: method, route, status, milliseconds, request id. The route is logged as declared, for the
    addresses of links in messages are secrets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and log its answer."""
        if scope["type"] != "http" or scope["path"] in QUIET:
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            route = getattr(scope.get("route"), "path", "no such address")
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 1),
                request_id=scope.get("request_id"),
            )
