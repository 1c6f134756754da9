"""The worker process: runs the jobs of all or some modules, the periodic ones included."""

import asyncio
from collections.abc import Sequence
from typing import Final

import procrastinate

from py360.entrypoints import wiring
from py360.kit import jobs
from py360.kit.resources import Resources
from py360.kit.settings import Settings

CONCURRENCY: Final = 8
GRACE_SECONDS: Final = 8.0


async def _work(settings: Settings, modules: Sequence[str], alone: bool) -> None:
    chosen = wiring.check_modules(modules)
    wiring.import_models()
    wiring.import_jobs()
    resources = await Resources.open(settings)
    connector = procrastinate.PsycopgConnector(conninfo=settings.database_url, min_size=1, max_size=CONCURRENCY)
    try:
        with jobs.app.replace_connector(connector) as app:
            async with app.open_async():
                await jobs.revive(0 if alone else jobs.DEAD_AFTER_SECONDS)
                await app.run_worker_async(
                    queues=[*chosen, jobs.house.queue],
                    concurrency=CONCURRENCY,
                    delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
                    shutdown_graceful_timeout=GRACE_SECONDS,
                    fetch_job_polling_interval=1.0,
                )
    finally:
        await resources.close()


def run(settings: Settings, modules: Sequence[str] = (), alone: bool = False) -> None:
    """Work until SIGTERM. `alone` says that no other worker lives, so what a killed one held starts again at once."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(settings, modules, alone))
