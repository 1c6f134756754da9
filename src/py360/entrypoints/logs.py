"""One line per event: readable on a terminal, JSON in a file."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog

from py360.kit.settings import Settings


class _Log:
    """Standard error. On a full disk a line is lost, never what it tells of."""

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
    ]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Log())),
    )
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for chatty in ("procrastinate", "aiosmtpd", "mail.log", "uvicorn.error", "asyncio"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
