"""Worker processes that are killed in mid-import, as `kill -9` and the kernel's memory killer do it."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from math import inf
from multiprocessing.process import BaseProcess
from pathlib import Path

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.settings import Settings
from py360.samples import portfolio
from tests.factories import workers
from tests.factories.stored import read_row

pytestmark = pytest.mark.slow
ROWS = 10_000
KILLS = 3
SECONDS = 90

BOOKS = {
    "customers": "select customer_code, full_name, phone, email, date_of_birth from customers",
    "policies": "select policy_number, premium_amount, start_date, end_date from policies",
    "cases": (
        "select policy_number, due_date, c.status, renewal_amount from renewal_cases c join policies p on p.id = c.policy_id"
    ),
    "history": (
        "select policy_number, action, count(*) from case_history h join renewal_cases c on c.id = h.case_id"
        " join policies p on p.id = c.policy_id group by 1, 2"
    ),
    "row ledger": (
        "select row_no, outcome, code, customer_is_new, policy_is_new, case_is_new, policy_number from upload_rows r"
        " left join policies p on p.id = r.policy_id"
    ),
    "issues": "select row_no, severity, column_name, value, code, occurrences from upload_row_issues",
    "upload": "select upload_status, total_records, processed_records, successful_records, failed_records from file_uploads",
}


async def books() -> dict[str, tuple[int, str]]:
    """How many lines each book has, and a digest of them all: whatever the import wrote, without its numbers and times."""
    async with unit_of_work() as session:
        found = {
            name: await read_row(
                session,
                "select count(*) as lines, md5(string_agg(line::text, e'\\n' order by line::text)) as digest"
                f" from ({lines}) line",
            )
            for name, lines in BOOKS.items()
        }
    return {name: (row["lines"], row["digest"]) for name, row in found.items() if row}


async def upload(client: httpx.AsyncClient, file: Path) -> None:
    answer = await client.post("/api/upload/file", files={"file": (file.name, file.read_bytes())})
    assert answer.status_code == 201, answer.text


async def state() -> tuple[str, int]:
    async with unit_of_work() as session:
        row = await read_row(session, "select upload_status, rows_done from file_uploads")
    assert row is not None
    return row["upload_status"], row["rows_done"]


@pytest.fixture
def worker(configured: Settings) -> Iterator[Callable[[], BaseProcess]]:
    """Start a worker process on the test's database; chunks are small, so that there are many places to die."""
    started: list[BaseProcess] = []

    def start() -> BaseProcess:
        started.append(workers.start(PY360_UPLOAD_CHUNK_ROWS="500"))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.join()


async def until(process: BaseProcess, rows: float = inf) -> str:
    """Wait until so many rows of the file are done, or the import ended; its status."""
    deadline = time.monotonic() + SECONDS
    while True:
        status, done = await state()
        if status != "processing" or done >= rows:
            return status
        assert process.is_alive()
        assert time.monotonic() < deadline, (status, done)
        await asyncio.sleep(0.02)


def stopped(process: BaseProcess) -> int | None:
    """Ask a worker to end; its exit status."""
    process.terminate()
    process.join(20)
    return process.exitcode


async def test_killed_workers_leave_the_books_of_an_undisturbed_import(
    as_admin: httpx.AsyncClient, worker: Callable[[], BaseProcess], tmp_path: Path, configured: Settings
) -> None:
    file = portfolio.write(tmp_path / "due.xlsx", 7, ROWS, date(2026, 11, 24)).path
    await upload(as_admin, file)
    process = worker()
    assert await until(process) == "completed"
    assert stopped(process) == 0
    undisturbed = await books()
    assert undisturbed["row ledger"][0] == ROWS
    assert undisturbed["cases"][0] > ROWS * 0.9
    async with unit_of_work() as session:
        await db.execute(session, "truncate customers, file_uploads cascade")

    await upload(as_admin, file)
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    left = configured.home / "temporary"
    interrupted, littered = 0, False
    for moment in sorted(chance.randrange(ROWS * 8 // 10) for _ in range(KILLS)):
        process = worker()
        await until(process, moment)
        await asyncio.sleep(chance.random() / 10)
        process.kill()
        process.join()
        interrupted += (await state())[0] == "processing"
        littered |= bool([*left.iterdir()])  # by one that had a file open when it died
    assert interrupted >= 2, f"seed {seed}"
    assert littered, f"seed {seed}: the dead do not tidy up"
    last = worker()
    assert await until(last) == "completed", f"seed {seed}"
    assert await books() == undisturbed, f"seed {seed}"
    assert stopped(last) == 0
    assert not [*left.iterdir()]
