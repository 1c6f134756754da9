"""Jobs: Procrastinate on our own PostgreSQL. A job exists if and only if the transaction that deferred it committed.

A module's jobs.py, and whoever needs the job done:

    jobs = module_jobs("uploads")

    @jobs.task(name="uploads.process")
    async def process(upload_id: int) -> None: ...

    await defer(session, process, upload_id=1)
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import wraps
from typing import Any, Final

import procrastinate
import structlog
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status
from procrastinate.tasks import Task
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db

log = structlog.get_logger()
app: Final = procrastinate.App(connector=procrastinate.PsycopgConnector())
DEAD_AFTER_SECONDS: Final = 30
RETRIES: Final = 8  # over nearly three hours: a vendor or a database that is down for lunch loses nothing

JobFunction = Callable[..., Coroutine[Any, Any, None]]
Job = Task[Any, Any, Any]


class ModuleJobs:
    """One module's queue; `py360 worker --modules` chooses by it."""

    def __init__(self, queue: str) -> None:
        self.queue = queue

    def task(
        self, *, name: str, retries: int = RETRIES, gave_up: JobFunction | None = None
    ) -> Callable[[JobFunction], Job]:
        """Register a job function under a stable name. It is tried again after 3, 9, 27, ... seconds, so many times.

        `gave_up` is called with the job's arguments when the last try failed, to tell whoever waits for it. With no retries
        the job comes back by itself: a periodic one looks for what it left.
        """
        strategy = procrastinate.RetryStrategy(max_attempts=retries, exponential_wait=3)

        def register(function: JobFunction) -> Job:
            @wraps(function)
            async def tried(context: procrastinate.JobContext | None = None, /, **arguments: Any) -> None:
                try:
                    await function(**arguments)
                except Exception:
                    if context is None:  # another job called it
                        raise
                    if not retries:
                        log.exception("a job failed; it comes back by itself", job=context.job.call_string)
                        return
                    if await _has_successor(context.job):
                        log.exception("a job failed; the one that waits does its work", job=context.job.call_string)
                        return
                    if context.job.attempts >= retries:
                        log.error("a job failed for good", job=context.job.call_string)
                        if gave_up:
                            await gave_up(**arguments)
                    raise

            return app.task(name=name, queue=self.queue, retry=strategy, pass_context=True)(tried)

        return register

    def periodic(self, *, name: str, cron: str) -> Callable[[JobFunction], Job]:
        """Register a job that runs at every moment of `cron` (UTC); its function takes the timestamp."""

        def register(function: JobFunction) -> Job:
            task = app.task(name=name, queue=self.queue, queueing_lock=name, retry=False)(function)
            return app.periodic(cron=cron)(task)

        return register


def module_jobs(queue: str) -> ModuleJobs:
    """The queue of one module."""
    return ModuleJobs(queue)


async def defer(
    session: AsyncSession,
    task: Job,
    *,
    schedule_at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    priority: int = 0,
    **arguments: Any,
) -> int | None:
    """Put a job into the session's own transaction; its id, or None when one with the same queueing lock already waits.

    `lock`: jobs with the same lock run one after another. `priority`: higher runs first.
    """
    await session.flush()  # the job reads what the session holds; both become visible at the same commit
    if queueing_lock is not None and await waits(session, queueing_lock):
        return None
    return await task.configure(
        connection=await db.connection(session),
        schedule_at=schedule_at,
        lock=lock,
        queueing_lock=queueing_lock,
        priority=priority,
    ).defer_async(**arguments)


async def waits(session: AsyncSession, queueing_lock: str) -> bool:
    """Whether a job with this queueing lock waits; two who ask take turns, since the loser of two deferrals would fail."""
    await db.execute(session, "select pg_advisory_xact_lock(hashtextextended(%(lock)s, 360))", {"lock": queueing_lock})
    return bool(
        await db.value(
            session,
            "select 1 from procrastinate_jobs where queueing_lock = %(lock)s and status = 'todo'",
            {"lock": queueing_lock},
        )
    )


async def _has_successor(job: procrastinate.jobs.Job) -> bool:
    """Whether another job with its queueing lock waits already. It could not be put back beside that one: it would stay
    `doing` for ever, and hold its lock."""
    if job.queueing_lock is None:
        return False
    async with db.unit_of_work() as session:
        return await waits(session, job.queueing_lock)


house = module_jobs("house")


@house.periodic(name="house.retry_stalled", cron="* * * * *")
async def retry_stalled(timestamp: int) -> None:
    """Jobs whose worker died go back into the queue; every job of the house can be run again."""
    await revive()


async def revive(dead_after: int = DEAD_AFTER_SECONDS) -> int:
    """Put the jobs of dead workers back into the queue; how many there were."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=dead_after))
    for job in stalled:
        log.warning("a worker died; its job starts again", job=job.call_string)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # a job with its queueing lock waits already, and does the same
            assert job.id is not None
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
    return len(stalled)
