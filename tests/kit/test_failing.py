"""A job that fails while another with its queueing lock waits: the other one does its work, and nothing is stuck."""

import procrastinate
import psycopg
import pytest

from py360.kit import db, jobs
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import Settings
from tests.conftest import RunJobs
from tests.factories.stored import read_value

tried: list[str] = []


@jobs.module_jobs("house").task(name="house.fails_once")
async def fails_once() -> None:
    """Fails the first time, when another one has just been deferred."""
    tried.append("tried")
    if len(tried) == 1:
        async with unit_of_work() as session:
            await jobs.defer(session, fails_once, queueing_lock="alone", lock="alone")
        raise RuntimeError("the database went away")


async def test_the_one_that_waits_does_it(resources: Resources, run_jobs: RunJobs) -> None:
    tried.clear()
    async with unit_of_work() as session:
        await jobs.defer(session, fails_once, queueing_lock="alone", lock="alone")
    await run_jobs()
    assert len(tried) == 2
    assert (
        await read_value(resources.reads, "select count(*) from procrastinate_jobs where status in ('todo', 'doing')")
        == 0
    )


@jobs.module_jobs("house").task(name="house.comes_back", retries=0)
async def comes_back() -> None:
    """Fails; a periodic job looks for what it left."""
    raise RuntimeError("the database went away")


async def test_a_job_that_comes_back_by_itself_is_not_given_up(
    resources: Resources, run_jobs: RunJobs, capsys: pytest.CaptureFixture[str]
) -> None:
    async with unit_of_work() as session:
        await jobs.defer(session, comes_back, queueing_lock="alone", lock="alone")
    await run_jobs()
    said = "".join(capsys.readouterr())
    assert "a job failed; it comes back by itself" in said
    assert "the database went away" in said
    assert "for good" not in said
    status = "select status::text from procrastinate_jobs where task_name = 'house.comes_back'"
    assert await read_value(resources.reads, status) == "succeeded"  # what failed for good is put back by hand


@jobs.module_jobs("house").periodic(name="house.every_year", cron="0 0 1 1 *")
async def every_year(timestamp: int) -> None:
    """Fails."""
    raise RuntimeError("the very same")


async def test_a_periodic_job_that_fails_leaves_a_line_and_no_heap(
    resources: Resources, run_jobs: RunJobs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its next moment comes anyway; the traceback is logged once."""
    for timestamp in range(3):
        async with unit_of_work() as session:
            await jobs.defer(session, "house.every_year", queueing_lock="house.every_year", timestamp=timestamp)
        await run_jobs()
    said = "".join(capsys.readouterr())
    assert said.count("a job failed; it comes back by itself") == 3
    assert said.count("Traceback") == 1
    left = "select count(*) from procrastinate_jobs where status not in ('todo', 'succeeded')"
    assert await read_value(resources.reads, left) == 0


given_up: list[int] = []


async def _give_up(number: int) -> None:
    given_up.append(number)


@jobs.module_jobs("house").task(name="house.without_database", retries=1, gave_up=_give_up)
async def without_database(number: int) -> None:
    """Finds the database away twice, within a group of tasks as an import does, then fails for itself."""
    tried.append(number)
    if len(tried) < 3:
        raise ExceptionGroup("lanes", [psycopg.OperationalError("the connection is lost")])
    raise RuntimeError("another reason")


async def test_tries_while_the_database_is_away_do_not_count(
    configured: Settings, resources: Resources, run_jobs: RunJobs
) -> None:
    """The same holds for the one of a worker that died: after all of them the job still has its own retry."""
    tried.clear()
    given_up.clear()
    async with unit_of_work() as session:
        await jobs.defer(session, without_database, number=7)
    async with unit_of_work() as session:
        await db.execute(session, "update procrastinate_jobs set status = 'doing', worker_id = null")
    with jobs.app.replace_connector(procrastinate.PsycopgConnector(conninfo=configured.database_url)) as app:
        async with app.open_async():
            assert await jobs.revive(0) == 1
    for times in (1, 2, 3, 4):
        await run_jobs()
        assert (len(tried), given_up) == (times, [7] if times == 4 else [])
        async with unit_of_work() as session:
            await db.execute(session, "update procrastinate_jobs set scheduled_at = now() where status = 'todo'")


async def test_what_failed_for_good_is_kept_for_a_month(resources: Resources, run_jobs: RunJobs) -> None:
    async with unit_of_work() as session:
        for _ in range(2):
            await jobs.defer(session, without_database, number=7)
        await db.execute(session, "update procrastinate_jobs set status = 'failed'")
        await db.execute(
            session,
            "update procrastinate_events set at = at - interval '31 days'"
            " where job_id = (select min(id) from procrastinate_jobs)",
        )
        await jobs.defer(session, jobs.forget_jobs, timestamp=0)
    await run_jobs()
    assert await resources.reads.fetch_only(int, "select count(*) from procrastinate_jobs where status = 'failed'") == 1
