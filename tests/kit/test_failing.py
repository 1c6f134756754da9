"""A job that fails while another with its queueing lock waits: the other one does its work, and nothing is stuck."""

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
