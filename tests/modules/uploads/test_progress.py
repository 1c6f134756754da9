"""What open windows are told of an import, and who is told."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from py360.kit import live
from py360.modules.uploads import progress as telling
from py360.modules.uploads.progress import Progress
from tests.modules.uploads.conftest import Send, csv_of, row

RunJobs = Callable[[], Awaitable[None]]
ANYBODY = live.Scope(1, None)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every `upload.progress` that is sent, with its scope."""
    messages: list[dict[str, Any]] = []

    async def send(client_id: int, type: str, data: Any, **more: Any) -> None:
        if type == "upload.progress":
            messages.append({**data, "scope": more["scope"]})

    monkeypatch.setattr(live, "send", send)
    return messages


async def test_a_window_sees_it_begin_and_end(send: Send, told: list[dict[str, Any]]) -> None:
    await send(csv_of([row(number) for number in range(50)]))
    assert told[0]["status"] == "processing"
    last = told[-1]
    assert (last["status"], last["processedRecords"], last["percent"], last["secondsLeft"]) == (
        "completed",
        50,
        100.0,
        0,
    )
    assert last["rowsPerSecond"] > 0
    assert last["scope"].assigned_to is not None


async def test_before_the_first_rows_are_merged_the_time_left_is_the_usual() -> None:
    begun = Progress(1, 1, ANYBODY, 120_000)
    shown = begun.shown()
    assert shown["estimated"]
    assert shown["secondsLeft"] == pytest.approx(120_000 / telling.USUAL_ROWS_PER_SECOND, abs=0.5)
    begun.started -= 10
    begun.processed = 60_000
    shown = begun.shown()
    assert not shown["estimated"]
    assert shown["rowsPerSecond"] == pytest.approx(6_000, rel=0.01)
    assert shown["secondsLeft"] == pytest.approx(10, abs=0.2)


async def test_a_cancelled_and_an_undone_upload_are_told(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs, send: Send, told: list[dict[str, Any]]
) -> None:
    sent = await as_admin.post("/api/upload/file", files={"file": ("due.csv", csv_of([row(1)]))})
    upload = sent.json()["data"]["uploadId"]
    assert (await as_admin.post(f"/api/upload/{upload}/cancel")).status_code == 200
    await run_jobs()
    assert [message["status"] for message in told] == ["cancelled"]
    done = await send(csv_of([row(2)]))
    assert (await as_admin.post(f"/api/upload/{done['uploadId']}/undo")).status_code == 200
    await run_jobs()
    assert (told[-1]["status"], told[-1]["uploadId"]) == ("undone", done["uploadId"])
