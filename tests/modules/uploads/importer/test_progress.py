"""What open windows are notified of an import, and who is notified."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from py360.kit import live
from py360.modules.identity.authentication import authenticate
from py360.modules.uploads import progress as pushing
from py360.modules.uploads.progress import Progress
from tests.factories.policy_files import Send, csv_of, row
from tests.modules.conftest import AsRole, Person, heard

RunJobs = Callable[[], Awaitable[None]]
ANYBODY = live.Scope(1, None)


async def told(since: int) -> list[dict[str, Any]]:
    """Every `upload.progress` after a number, with its scope."""
    return [
        message.data | {"scope": message.scope} for message in await heard(since) if message.type == "upload.progress"
    ]


async def test_a_window_sees_it_begin_and_end(send: Send) -> None:
    start = await live.last_seq()
    await send(csv_of([row(number) for number in range(50)]))
    messages = await told(start)
    assert messages[0]["status"] == "processing"
    last = messages[-1]
    assert (last["status"], last["processedRecords"], last["percent"], last["secondsLeft"]) == (
        "completed",
        50,
        100.0,
        0,
    )
    assert last["rowsPerSecond"] > 0
    assert last["scope"].assigned_to is not None


async def test_once_an_import_is_over_agents_load_their_figures_anew(
    as_admin: httpx.AsyncClient, as_role: AsRole, run_jobs: RunJobs, send: Send
) -> None:
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    agent, stranger = await as_role("agent"), await as_role("agent", client_id=other)
    start = await live.last_seq()

    async def heard_by(person: Person) -> list[tuple[str, dict[str, Any]]]:
        caller = await authenticate(person.tokens["token"])
        return [(message.type, message.data) for message in await heard(start) if message.is_for(caller)]

    done = await send(csv_of([row(1)]))
    assert await heard_by(agent) == [("dashboard.refresh", {"reason": "upload"})]
    await send(csv_of([row(2, **{"Insured Name": ""})]), name="nothing good in it.csv")
    assert len(await heard_by(agent)) == 1
    assert (await as_admin.post(f"/api/upload/{done['uploadId']}/undo")).status_code == 200
    await run_jobs()
    assert len(await heard_by(agent)) == 2
    assert await heard_by(stranger) == []


async def test_before_the_first_rows_are_merged_the_time_left_is_the_usual() -> None:
    begun = Progress(1, 1, ANYBODY, 120_000)
    shown = begun.to_public()
    assert shown["estimated"]
    assert shown["secondsLeft"] == pytest.approx(120_000 / pushing.USUAL_ROWS_PER_SECOND, abs=0.5)
    begun.started -= 10
    begun.processed = 60_000
    shown = begun.to_public()
    assert not shown["estimated"]
    assert shown["rowsPerSecond"] == pytest.approx(6_000, rel=0.01)
    assert shown["secondsLeft"] == pytest.approx(10, abs=0.2)


async def test_a_cancelled_and_an_undone_upload_are_told(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs, send: Send
) -> None:
    start = await live.last_seq()
    sent = await as_admin.post("/api/upload/file", files={"file": ("due.csv", csv_of([row(1)]))})
    upload = sent.json()["data"]["uploadId"]
    assert (await as_admin.post(f"/api/upload/{upload}/cancel")).status_code == 200
    await run_jobs()
    assert [message["status"] for message in await told(start)] == ["cancelled"]
    done = await send(csv_of([row(2)]))
    assert (await as_admin.post(f"/api/upload/{done['uploadId']}/undo")).status_code == 200
    await run_jobs()
    last = (await told(start))[-1]
    assert (last["status"], last["uploadId"]) == ("undone", done["uploadId"])
