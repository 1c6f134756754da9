"""Uploads in chunks: in order, again after a break, and refused by name."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from py360.modules.uploads.service import chunks
from tests.modules.conftest import AsRole

RunJobs = Callable[[], Awaitable[None]]
FILE = (
    b"Policy Number,Customer Name,Mobile No,Product,Premium,Start Date,Expiry Date\n"
    b"P-1,Asha Rao,9820012345,Motor,12000,01/01/2026,31/12/2026\n"
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """Chunks of 50 bytes, for small files."""
    monkeypatch.setattr(chunks, "CHUNK", 50)
    return 50


async def opened(caller: httpx.AsyncClient, size: int = len(FILE)) -> dict[str, Any]:
    """An upload that was opened."""
    answer = await caller.post("/api/upload/chunks", json={"filename": "policies.csv", "size": size})
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


async def test_chunks_become_an_upload(as_admin: httpx.AsyncClient, run_jobs: RunJobs, small: int) -> None:
    made = await opened(as_admin)
    assert (made["chunkSize"], made["chunks"]) == (50, 3)
    path = f"/api/upload/chunks/{made['id']}"
    early = await as_admin.post(f"{path}/complete")
    assert (early.status_code, early.json()["error"]["details"][0]["message"]) == (409, "send chunk 1")
    skipped = await as_admin.put(f"{path}/2", content=FILE[50:100])
    assert (skipped.status_code, skipped.json()["error"]["code"]) == (409, "wrong_chunk")
    for number in (1, 2, 2, 1, 3):  # some come twice
        answer = await as_admin.put(f"{path}/{number}", content=FILE[(number - 1) * 50 : number * 50])
        assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == {"number": 3, "received": len(FILE), "size": len(FILE), "next": None}
    done = (await as_admin.post(f"{path}/complete")).json()["data"]
    await run_jobs()
    status = (await as_admin.get(f"/api/upload/status/{done['uploadId']}")).json()["data"]
    assert (status["status"], status["processedRecords"]) == ("completed", 1)


async def test_a_chunk_that_broke_off_is_sent_again_whole(as_admin: httpx.AsyncClient, small: int) -> None:
    made = await opened(as_admin)
    path = f"/api/upload/chunks/{made['id']}"
    part = await as_admin.put(f"{path}/1", content=FILE[:20])
    assert part.json()["data"]["next"] == 1
    whole = await as_admin.put(f"{path}/1", content=FILE[:50])
    assert whole.json()["data"]["received"] == 50
    too_long = await as_admin.put(f"{path}/2", content=FILE[50:120])
    assert too_long.status_code == 422
    assert (await as_admin.put(f"{path}/4", content=b"x")).json()["error"]["code"] == "no_such_chunk"


async def test_somebody_elses_chunks_are_not_there(as_admin: httpx.AsyncClient, as_role: AsRole, small: int) -> None:
    made = await opened(as_admin)
    other = await as_role("manager")
    assert (await other.put(f"/api/upload/chunks/{made['id']}/1", content=b"x")).status_code == 404
    assert (await other.post(f"/api/upload/chunks/{made['id']}/complete")).status_code == 404
    large = {"filename": "a.csv", "size": 1 << 50}
    assert (await as_admin.post("/api/upload/chunks", json=large)).status_code == 413
