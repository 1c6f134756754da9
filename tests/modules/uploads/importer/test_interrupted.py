"""Whatever happens in between, the same files end in the same books."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py360.kit.db import execute, unit_of_work
from py360.kit.resources import Resources
from py360.modules.uploads.importer import run
from py360.modules.uploads.settings import upload_settings
from tests.factories.policy_files import csv_of, row
from tests.factories.stored import read_value


class Killed(BaseException):
    """The worker is gone, without a chance to tidy up."""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Chunks of ten rows, so that small files have many."""
    monkeypatch.setenv("PY360_UPLOAD_CHUNK_ROWS", "10")
    upload_settings.cache_clear()
    yield
    monkeypatch.undo()
    upload_settings.cache_clear()


async def _books() -> tuple[int, int, int]:
    async with unit_of_work() as session:
        return (
            await read_value(session, "select count(*) from customers"),
            await read_value(session, "select count(*) from policies"),
            await read_value(session, "select count(*) from renewal_cases"),
        )


async def _upload(client: httpx.AsyncClient, content: bytes, name: str = "a.csv") -> int:
    answer = await client.post("/api/upload/file", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["data"]["uploadId"].removeprefix("upload-"))


@pytest.mark.slow
@pytest.mark.parametrize("step", ["_commit", "_partition"])
async def test_killed_anywhere_and_started_again(
    step: str, as_admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a chunk, and with one of its partitions on the disk and the other not."""
    rows = [row(number if number % 7 else 1) for number in range(1, 46)]
    upload = await _upload(as_admin, csv_of(rows))
    whole = getattr(run._Import, step)
    for survived in (0, 1, 2, 0):
        left = survived

        async def dies(self: Any, *chunk: Any) -> None:
            nonlocal left
            if not left:
                await asyncio.sleep(0.05)  # the other partition may end
                raise Killed
            left -= 1
            await whole(self, *chunk)

        monkeypatch.setattr(run._Import, step, dies)
        with pytest.raises(BaseExceptionGroup):
            await run.run(upload)
    monkeypatch.setattr(run._Import, step, whole)
    await run.run(upload)
    told = (await as_admin.get(f"/api/upload/status/upload-{upload}")).json()["data"]
    assert (told["status"], told["successfulRecords"], told["failedRecords"]) == ("completed", 39, 6)
    assert (told["processedRecords"], told["totalRecords"]) == (45, 45)
    assert await _books() == (39, 39, 39)
    async with unit_of_work() as session:
        assert (
            await read_value(session, "select count(*) from upload_rows where upload_id = %(id)s", {"id": upload}) == 45
        )
        assert await read_value(session, "select count(*) from case_history") == 2 * 39
        assert await read_value(session, "select count(*) from upload_row_issues where severity = 'error'") == 6


async def test_two_files_of_the_same_policies_at_once(as_admin: httpx.AsyncClient) -> None:
    rows = [row(number) for number in range(1, 41)]
    first = await _upload(as_admin, csv_of(rows))
    second = await _upload(as_admin, csv_of(list(reversed(rows))))
    await asyncio.gather(run.run(first), run.run(second))
    assert await _books() == (40, 40, 40)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.lists(st.integers(1, 15), min_size=1, max_size=25), min_size=1, max_size=3))
async def test_policies_never_double(
    files: list[list[int]], as_admin: httpx.AsyncClient, resources: Resources, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    before = await _books()
    shift = before[1] * 1000 + 1
    for at, numbers in enumerate(files):
        await _upload(as_admin, csv_of([row(shift + number) for number in numbers]) + b"\n" * (shift + at), f"{at}.csv")
    await run_jobs()
    distinct = len({number for numbers in files for number in numbers})
    after = await _books()
    assert [now - then for now, then in zip(after, before, strict=True)] == [distinct] * 3


async def test_what_fails_on_our_side_is_told_and_can_be_sent_again(
    as_admin: httpx.AsyncClient, resources: Resources, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    """The stored file is gone: tried four times, then whoever waits is notified, and the same file is taken again."""
    content = csv_of([row(1), row(2)])
    upload = await _upload(as_admin, content)
    async with unit_of_work() as session:
        path = await read_value(session, "select upload_path from file_uploads where id = %(id)s", {"id": upload})
    await resources.storage.delete(path)
    for _ in range(4):
        assert (await as_admin.get(f"/api/upload/status/upload-{upload}")).json()["data"]["status"] == "processing"
        await run_jobs()
        async with unit_of_work() as session:
            await execute(session, "update procrastinate_jobs set scheduled_at = now() where status = 'todo'")
    told = (await as_admin.get(f"/api/upload/status/upload-{upload}")).json()["data"]
    assert told["status"] == "failed"
    assert "Upload the file again" in str(told)
    notes = (await as_admin.get("/api/notifications")).json()["data"]
    assert "not imported" in notes["notifications"][0]["title"]
    again = await _upload(as_admin, content)
    await run_jobs()
    assert (await as_admin.get(f"/api/upload/status/upload-{again}")).json()["data"]["successfulRecords"] == 2
