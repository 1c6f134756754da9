"""The worker process: runs the jobs of all or some modules, the periodic ones included.

Importing and sending take minutes and more, and a slow gateway holds up who asks it. So they have places of their own, and a
place each is kept for what must not wait: the vendors' webhooks, a payment and a STOP among them.
"""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import procrastinate
import sqlalchemy.event
import structlog
from procrastinate.exceptions import ConnectorException

from py360.entrypoints import wiring
from py360.kit import db, jobs, scratch
from py360.kit.resources import Resources
from py360.kit.settings import Settings

log = structlog.get_logger()
PLACES: Final = {"campaigns": 16, "uploads": 4}  # jobs at once
OTHERS: Final = 8  # together
GRACE_SECONDS: Final = 8.0
AGAIN_SECONDS: Final = 1.0
NICENESS: Final = 10  # when the processors are short, those who wait before a screen come first


def shares(modules: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """Queues that share their places, and how many there are."""
    yield [*(module for module in modules if module not in PLACES), jobs.house.queue], OTHERS
    for module in modules:
        if module in PLACES:
            yield [module], PLACES[module]
        for job in jobs.with_own_place(module):
            yield [job], 1


async def _work(settings: Settings, modules: Sequence[str], alone: bool) -> None:
    chosen = wiring.check_modules(modules)
    wiring.import_models()
    wiring.import_jobs()
    resources = await Resources.open(settings)
    sqlalchemy.event.listen(resources.engine.sync_engine, "connect", stand_back)
    scratch.sweep()
    connector = _Connector(conninfo=settings.database_url, min_size=1, max_size=OTHERS)
    try:
        with jobs.app.replace_connector(connector) as app:
            async with app.open_async():
                await jobs.revive(0 if alone else jobs.DEAD_AFTER_SECONDS)
                await _serve(app, list(shares(chosen)))
    finally:
        await resources.close()


def stand_back(adapted: Any, record: object) -> None:
    """SQLAlchemy's hook: what a server on this machine does for the worker, it does at the worker's priority."""
    info = adapted.driver_connection.info
    with suppress(OSError):  # another account's server, or another container's: then it does not
        if info.host.startswith("/") and Path(f"/proc/{info.backend_pid}/comm").read_text() == "postgres\n":
            os.setpriority(os.PRIO_PROCESS, info.backend_pid, NICENESS)


class _Connector(procrastinate.PsycopgConnector):
    """The queue's way to the database. A restart of the database does not end the worker, and its jobs with it."""

    async def listen_notify(self, on_notification: Any, channels: Any) -> None:
        """Listen for new jobs. Until one can listen again, they are found by looking."""
        while True:
            try:
                await super().listen_notify(on_notification, channels)
            except (ConnectorException, *db.AWAY) as error:
                log.warning("the database is away; listening again", error=str(error.__cause__ or error))
                await asyncio.sleep(AGAIN_SECONDS)


async def _share(app: procrastinate.App, queues: list[str], places: int) -> None:
    """Work on some queues until cancelled, and finish the jobs then. After a long absence of the database it begins anew,
    as another worker: what the former one could not write down is then found as a dead one's."""
    while True:
        try:
            await app.run_worker_async(
                queues=queues,
                name=queues[0],
                concurrency=places,
                delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
                shutdown_graceful_timeout=GRACE_SECONDS,
                fetch_job_polling_interval=1.0,
                install_signal_handlers=False,
            )
        except ConnectorException as error:
            log.error("the database was away for too long; beginning anew", queues=queues, error=str(error.__cause__))
        await asyncio.sleep(AGAIN_SECONDS)


async def _serve(app: procrastinate.App, shares: Sequence[tuple[list[str], int]]) -> None:
    """Work until SIGTERM or SIGINT, or until one share breaks; then all of them end together, each finishing its jobs."""
    working = [asyncio.create_task(_share(app, queues, places)) for queues, places in shares]
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    told = asyncio.create_task(ended.wait())
    await asyncio.wait([told, *working], return_when=asyncio.FIRST_COMPLETED)
    for task in (told, *working):
        task.cancel()
    for outcome in await asyncio.gather(*working, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def run(settings: Settings, modules: Sequence[str] = (), alone: bool = False) -> None:
    """Work until SIGTERM. `alone` says that no other worker lives, so what a killed one held starts again at once."""
    import uvloop

    os.nice(NICENESS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, modules, alone))
