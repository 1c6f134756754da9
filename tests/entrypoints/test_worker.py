"""The worker beside an API that people wait for."""

import os

import sqlalchemy.event
from sqlalchemy import text

from py360.entrypoints import worker
from py360.kit import pools
from py360.kit.resources import Resources


async def test_what_the_database_does_for_a_worker_has_its_priority(resources: Resources) -> None:
    engine = pools.make_engine(resources.settings.database_url)
    sqlalchemy.event.listen(engine.sync_engine, "connect", worker.stand_back)
    try:
        async with engine.connect() as ours, resources.engine.connect() as theirs:
            back, fore = [(await each.execute(text("select pg_backend_pid()"))).scalar_one() for each in (ours, theirs)]
            assert os.getpriority(os.PRIO_PROCESS, back) == worker.NICENESS
            assert os.getpriority(os.PRIO_PROCESS, fore) == 0
    finally:
        await engine.dispose()
