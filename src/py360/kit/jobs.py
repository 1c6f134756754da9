"""Jobs: Procrastinate on our own PostgreSQL. A job exists if and only if the transaction that deferred it committed.

A module's jobs.py, and code that needs the job done:

    jobs = module_jobs("uploads")

    @jobs.task(name="uploads.process")
    async def process(upload_id: int) -> None: ...

    await defer(session, process, upload_id=1)
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
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
RETRIES: Final = 8  # over nearly three hours: a vendor that is down for lunch loses nothing
AWAY_SECONDS: Final = 10
KEEP_FAILED_HOURS: Final = 30 * 24

JobFunction = Callable[..., Coroutine[Any, Any, None]]
Job = Task[Any, Any, Any]


def _is_outage(error: BaseException) -> bool:
    """Whether the job can do nothing about it and continues later: the database is away, or a disk is full."""
    if isinstance(error, BaseExceptionGroup):
        return any(_is_outage(each) for each in error.exceptions)
    return db.is_away(error) or db.is_full(error)


class _Retries(procrastinate.RetryStrategy):
    """Again after 3, 9, 27, ... seconds, so many times; a database that is away and a full disk are waited
    for however long."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        """When to try again."""
        if _is_outage(exception):
            return procrastinate.RetryDecision(retry_in={"seconds": AWAY_SECONDS})
        return super().get_retry_decision(exception=exception, job=job)


class ModuleJobs:
    """One module's queues; `py360 worker --modules` chooses by them."""

    def __init__(self, queue: str) -> None:
        self.queue = queue

    def task(
        self,
        *,
        name: str,
        retries: int = RETRIES,
        gave_up: JobFunction | None = None,
        queueing_lock: str | None = None,
        own_place: bool = False,
    ) -> Callable[[JobFunction], Job]:
        """Register a job function under a stable name. It is tried again after 3, 9, 27, ... seconds, so many times.

        `gave_up` is called with the job's arguments when the last try failed, to notify its user. With no retries
        the job comes back by itself: a periodic one looks for what it left. `own_place`: a place in the worker is kept for it,
        and no number of other jobs can make it wait.
        """
        strategy = _Retries(max_attempts=retries, exponential_wait=3)

        def register(function: JobFunction) -> Job:
            @wraps(function)
            async def tried(context: procrastinate.JobContext | None = None, /, **arguments: Any) -> None:
                try:
                    await function(**arguments)
                    _last_failures.pop(name, None)
                # The edge of every job: raised again, or logged where the job comes back by itself.
                except Exception as error:
                    if context is None or await _is_raised(context.job, error, retries, gave_up, arguments):
                        raise

            queue = name if own_place else self.queue
            return app.task(name=name, queue=queue, queueing_lock=queueing_lock, retry=strategy, pass_context=True)(
                tried
            )

        return register

    def periodic(self, *, name: str, cron: str) -> Callable[[JobFunction], Job]:
        """Register a job that runs at every moment of `cron` (UTC); its function takes the timestamp. After a failure it runs
        at the next one."""

        def register(function: JobFunction) -> Job:
            return app.periodic(cron=cron)(self.task(name=name, retries=0, queueing_lock=name)(function))

        return register


_last_failures: dict[str, str] = {}  # by the name of a job: how it failed last


def _log_failure(job: procrastinate.jobs.Job, error: BaseException) -> None:
    """One line for the operator; the first of several alike with its traceback."""
    cause = error
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    words = f"{type(cause).__name__}: {cause}".partition("\n")[0]
    known = db.is_away(error) or _last_failures.get(job.task_name) == words
    _last_failures[job.task_name] = words
    log.error(
        "a job failed; it comes back by itself", job=job.call_string, error=words, exc_info=None if known else error
    )


def module_jobs(queue: str) -> ModuleJobs:
    """The queue of one module."""
    return ModuleJobs(queue)


def with_own_place(module: str) -> list[str]:
    """The jobs of a module that have a place of their own, and a queue of their name."""
    return sorted(name for name, job in app.tasks.items() if name == job.queue and name.startswith(f"{module}."))


async def defer(
    session: AsyncSession,
    task: Job | str,
    *,
    schedule_at: datetime | None = None,
    lock: str | None = None,
    queueing_lock: str | None = None,
    priority: int = 0,
    **arguments: Any,
) -> int | None:
    """Put a job into the session's own transaction; its id, or None when one with the same queueing lock already waits.

    A job is named by its name where its file imports the one that needs it. `lock`: jobs with the same lock run one after
    another. `priority`: higher runs first.
    """
    await session.flush()  # the job reads what the session holds; both become visible at the same commit
    if queueing_lock is not None and await waits(session, queueing_lock):
        return None
    return (
        await (app.tasks[task] if isinstance(task, str) else task)
        .configure(
            connection=await db.connection(session),
            schedule_at=schedule_at,
            lock=lock,
            queueing_lock=queueing_lock,
            priority=priority,
        )
        .defer_async(**arguments)
    )


async def defer_each(session: AsyncSession, task: Job, arguments: Sequence[Mapping[str, Any]]) -> None:
    """Put one job per set of arguments into the session's own transaction, in one statement."""
    await session.flush()
    if arguments:
        deferrer = task.configure(connection=await db.connection(session))
        await deferrer.batch_defer_async(*(dict(each) for each in arguments))


async def waits(session: AsyncSession, queueing_lock: str) -> bool:
    """Whether a job with this queueing lock waits; two who ask take turns, since the loser of two deferrals would fail."""
    await db.execute(session, "select pg_advisory_xact_lock(hashtextextended(%(lock)s, 360))", {"lock": queueing_lock})
    return bool(
        await db.fetch_one(
            session,
            int,
            "select 1 from procrastinate_jobs where queueing_lock = %(lock)s and status = 'todo'",
            {"lock": queueing_lock},
        )
    )


async def _is_raised(
    job: procrastinate.jobs.Job,
    error: Exception,
    retries: int,
    gave_up: JobFunction | None,
    arguments: Mapping[str, Any],
) -> bool:
    """Log a job's failure; whether it is raised, so that the queue tries again or ends the job."""
    if not retries:
        _log_failure(job, error)
        return False
    if _is_outage(error):
        await _take_back_attempt(job)
        return True
    if await _has_successor(job):
        log.exception("a job failed; the one that waits does its work", job=job.call_string)
        return False
    if job.attempts >= retries:
        log.error("a job failed for good", job=job.call_string)
        if gave_up:
            await gave_up(**arguments)
    return True


async def _take_back_attempt(job: procrastinate.jobs.Job) -> None:
    """Take a try back: the queue counts every one by itself when it puts the job back."""

    async def uncount() -> None:
        async with db.unit_of_work() as session:
            await db.execute(
                session, "update procrastinate_jobs set attempts = attempts - 1 where id = %(id)s", {"id": job.id}
            )

    await db.insist(uncount)


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
    """Jobs whose worker died go back into the queue; every job here can be run again."""
    await revive()


async def revive(dead_after: int = DEAD_AFTER_SECONDS) -> int:
    """Put the jobs of dead workers back into the queue; how many there were."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=dead_after))
    for job in stalled:
        log.warning("a worker died; its job starts again", job=job.call_string)
        await _take_back_attempt(job)
        try:
            await app.job_manager.retry_job(job)
        except UniqueViolation:  # a job with its queueing lock waits already, and does the same
            assert job.id is not None
            await app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
    return len(stalled)


@house.periodic(name="house.forget_jobs", cron="29 2 * * *")
async def forget_jobs(timestamp: int) -> None:
    """Delete jobs that failed, or were cancelled, a month ago."""
    await app.job_manager.delete_old_jobs(
        KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
    )
