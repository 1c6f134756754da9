"""The disk fills while Py360 runs: who asks is answered in one sentence, nothing half stored stays, and jobs try again.

Our own disk is full for whoever may write no larger files (`RLIMIT_FSIZE`: the same failure at the same call, on any
machine); the database's is when it says so.
"""

import logging
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import structlog

from py360.entrypoints.logs import configure
from py360.kit import db
from py360.kit.db import is_full, unit_of_work
from py360.kit.resources import Resources
from py360.kit.settings import Settings
from tests.conftest import RunJobs
from tests.factories.policy_files import csv_of, row
from tests.factories.resumable import CONTENT, TUS, begin, send
from tests.factories.stored import read_value


@pytest.fixture(autouse=True)
def logs(configured: Settings) -> Iterator[None]:
    """The logs of an installation, which find no room either."""
    before = logging.root.level
    configure(configured)
    yield
    structlog.reset_defaults()
    logging.root.setLevel(before)


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def database_is_full_for(table: str, full: bool = True) -> None:
    """Let PostgreSQL say so, or no longer, whenever a row of that table is written."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "create or replace function full_disk() returns trigger language plpgsql as $$ begin"
            " raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$",
        )
        if full:
            await db.execute(session, f"create trigger full_disk before insert on {table} execute function full_disk()")
            await db.execute(session, f"alter table {table} enable always trigger full_disk")  # in bulk inserts, too
        else:
            await db.execute(session, f"drop trigger full_disk on {table}")


def refused(answer: httpx.Response) -> None:
    """It says that the disk is full, in the envelope of all errors."""
    assert answer.status_code == 507, answer.text
    error = answer.json()["error"]
    assert error["code"] == "disk_full"
    assert error["message"].startswith("The server's disk is full, so nothing was stored.")


async def nothing_is_stored(resources: Resources) -> None:
    """No row, no file, nothing for a while."""
    assert await read_value(resources.reads, "select count(*) from file_uploads") == 0
    left = [path for path in resources.settings.home.rglob("*") if path.is_file() and path.parent.name != "arrivals"]
    assert left == []


@pytest.mark.parametrize("rows", [2_000, 20_000])  # kept in memory while it arrives, and on the disk
async def test_an_upload(as_admin: httpx.AsyncClient, resources: Resources, rows: int) -> None:
    file = {"file": ("due.csv", csv_of([row(number) for number in range(1, rows + 1)]))}
    with room_for(100_000):
        refused(await as_admin.post("/api/upload/file", files=file))
        refused(await as_admin.post("/api/upload/preview", files=file))
    await nothing_is_stored(resources)
    assert (await as_admin.post("/api/upload/file", files=file)).status_code == 201


async def test_what_is_stored_is_stored_wholly(resources: Resources) -> None:
    with room_for(1_000), pytest.raises(OSError) as full:
        await resources.storage.put("uploads/1/due.csv", b"x" * 2_000)
    assert is_full(full.value)
    await nothing_is_stored(resources)


async def test_an_upload_that_the_database_has_no_room_for(as_admin: httpx.AsyncClient, resources: Resources) -> None:
    file = {"file": ("due.csv", csv_of([row(1)]))}
    await database_is_full_for("file_uploads")
    refused(await as_admin.post("/api/upload/file", files=file))
    await nothing_is_stored(resources)
    await database_is_full_for("file_uploads", False)
    assert (await as_admin.post("/api/upload/file", files=file)).status_code == 201


async def test_a_resumable_upload_goes_on_from_what_is_there(as_admin: httpx.AsyncClient) -> None:
    url = await begin(as_admin)
    with room_for(1_000):
        refused(await send(as_admin, url, 0, CONTENT))
    here = int((await as_admin.head(url, headers=TUS)).headers["upload-offset"])
    assert here == 1_000
    last = await send(as_admin, url, here, CONTENT[here:])
    assert last.status_code == 204, last.text
    told = (await as_admin.get(f"/api/upload/status/{last.headers['x-upload-id']}")).json()["data"]
    assert (await as_admin.get(told["downloadUrl"])).content == CONTENT


async def test_an_import_goes_on_however_long_the_disk_was_full(
    as_admin: httpx.AsyncClient, resources: Resources, run_jobs: RunJobs
) -> None:
    answer = await as_admin.post("/api/upload/file", files={"file": ("due.csv", csv_of([row(1), row(2)]))})
    status = f"/api/upload/status/{answer.json()['data']['uploadId']}"
    await database_is_full_for("upload_rows")
    for _ in range(6):  # more often than a job that fails is tried
        await run_jobs()
        assert (await as_admin.get(status)).json()["data"]["status"] == "processing"
        async with unit_of_work() as session:
            await db.execute(session, "update procrastinate_jobs set scheduled_at = now() where status = 'todo'")
    await database_is_full_for("upload_rows", False)
    await run_jobs()
    now = (await as_admin.get(status)).json()["data"]
    assert (now["status"], now["successfulRecords"]) == ("completed", 2)


async def test_an_export(as_admin: httpx.AsyncClient, resources: Resources) -> None:
    with room_for(100):
        refused(await as_admin.get("/api/users", params={"format": "xlsx"}))
    await nothing_is_stored(resources)
    assert (await as_admin.get("/api/users", params={"format": "xlsx"})).status_code == 200
