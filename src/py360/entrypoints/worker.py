"""The worker process: runs the jobs of all or some modules, the periodic ones included.

Importing and sending take minutes and more, and a slow gateway blocks the job that calls it. So each has concurrency of its own,
and one place each is reserved for jobs that must not wait: applying webhooks, a payment or a STOP among them.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any, Final

import procrastinate
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
NICENESS: Final = 10  # of this process: requests of people at a screen come before jobs


def queue_groups(modules: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """Groups of queues, and how many jobs of a group run at once."""
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
    scratch.sweep()
    connector = _Connector(conninfo=settings.database_url, min_size=1, max_size=OTHERS)
    try:
        with jobs.app.replace_connector(connector) as app:
            async with app.open_async():
                await jobs.revive(0 if alone else jobs.DEAD_AFTER_SECONDS)
                await _serve(app, list(queue_groups(chosen)), wiring.loops(chosen))
    finally:
        await resources.close()


class _Connector(procrastinate.PsycopgConnector):
    """The queue's connection to the database. A restart of the database does not end the worker and its jobs."""

    async def listen_notify(self, on_notification: Any, channels: Any) -> None:
        """Listen for new jobs. Until that is possible again, they are found by polling."""
        while True:
            try:
                await super().listen_notify(on_notification, channels)
            except (ConnectorException, *db.AWAY) as error:
                log.warning("the database is away; listening again", error=str(error.__cause__ or error))
                await asyncio.sleep(AGAIN_SECONDS)


async def _run_group(app: procrastinate.App, queues: list[str], places: int) -> None:
    """Run the jobs of some queues until cancelled, then finish the running ones. After a long absence of the database it registers
    again as another worker: jobs that the former one could not finish are then found as those of a dead worker."""
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
            log.error(
                "the database was away for too long; registering again", queues=queues, error=str(error.__cause__)
            )
        await asyncio.sleep(AGAIN_SECONDS)


async def _serve(
    app: procrastinate.App,
    groups: Sequence[tuple[list[str], int]],
    loops: Sequence[Callable[[], Coroutine[Any, Any, None]]],
) -> None:
    """Run until SIGTERM or SIGINT, or until one group fails; then all of them end together, each finishing its jobs."""
    working = [asyncio.create_task(_run_group(app, queues, places)) for queues, places in groups]
    working += [asyncio.create_task(loop()) for loop in loops]
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    stop = asyncio.create_task(ended.wait())
    await asyncio.wait([stop, *working], return_when=asyncio.FIRST_COMPLETED)
    for task in (stop, *working):
        task.cancel()
    for outcome in await asyncio.gather(*working, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def run(settings: Settings, modules: Sequence[str] = (), alone: bool = False) -> None:
    """Run until SIGTERM. `alone` says that no other worker runs, so jobs of a killed one start again at once."""
    import uvloop

    os.nice(NICENESS)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, modules, alone))
