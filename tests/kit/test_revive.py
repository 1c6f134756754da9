"""Jobs of a worker that died start again; one that waits already under the same queueing lock is enough."""

import procrastinate
from sqlalchemy import text

from py360.kit import db, jobs
from py360.kit.resources import Resources
from py360.kit.settings import Settings
from py360.modules.campaigns.jobs import recount
from tests.factories.stored import read_rows

_STATES = "select status::text from procrastinate_jobs where task_name = 'campaigns.recount' order by id"


async def test_a_dead_job_whose_successor_waits_does_not_stop_the_worker(
    configured: Settings, resources: Resources
) -> None:
    async with db.unit_of_work() as session:
        await jobs.defer(session, recount, campaign_id=1, queueing_lock="recount 1")
        await jobs.defer(session, recount, campaign_id=2, queueing_lock="recount 2")
        await session.execute(text("update procrastinate_jobs set status = 'doing', worker_id = null"))
    async with db.unit_of_work() as session:
        await jobs.defer(session, recount, campaign_id=1, queueing_lock="recount 1")
    connector = procrastinate.PsycopgConnector(conninfo=configured.database_url)
    with jobs.app.replace_connector(connector) as app:
        async with app.open_async():
            assert await jobs.revive(0) == 2
    async with db.unit_of_work() as session:
        states = [row["status"] for row in await read_rows(session, _STATES, {})]
    assert states == ["todo", "todo"]
