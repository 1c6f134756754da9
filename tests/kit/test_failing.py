"""A job that fails while another with its queueing lock waits: the other one does its work, and nothing is stuck."""

import pytest

from py360.kit import jobs
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from tests.conftest import RunJobs

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
    assert await resources.reads.value("select count(*) from procrastinate_jobs where status in ('todo', 'doing')") == 0


@jobs.module_jobs("house").task(name="house.comes_back", retries=0)
async def comes_back() -> None:
    """Fails; a periodic job looks for what it left."""
    raise RuntimeError("the database went away")


async def test_one_that_comes_back_by_itself_is_not_given_up(
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
    assert await resources.reads.value(status) == "succeeded"  # what failed for good is put back by hand
