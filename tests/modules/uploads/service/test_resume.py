"""Resumable uploads, as a tus client sends them."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.kit.resources import Resources
from py360.modules.uploads.service import resume
from py360.modules.uploads.settings import upload_settings
from tests.factories.resumable import CONTENT, TUS, begin, send, text


async def test_a_file_in_parts_becomes_an_upload(as_admin: httpx.AsyncClient) -> None:
    url = await begin(as_admin)
    first = await send(as_admin, url, 0, CONTENT[:1000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "1000")
    assert (await send(as_admin, url, 5, CONTENT[5:])).status_code == 409
    head = await as_admin.head(url, headers=TUS)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == ("1000", str(len(CONTENT)))
    rest = CONTENT[1000:]
    damaged = await send(as_admin, url, 1000, rest, **{"Upload-Checksum": f"sha1 {text('wrong')}"})
    assert damaged.status_code == 460
    digest = base64.b64encode(hashlib.sha1(rest, usedforsecurity=False).digest()).decode()
    last = await send(as_admin, url, 1000, rest, **{"Upload-Checksum": f"sha1 {digest}"})
    assert last.status_code == 204, last.text
    upload = last.headers["x-upload-id"]
    told = (await as_admin.get(f"/api/upload/status/{upload}")).json()["data"]
    assert (told["filename"], told["totalRecords"]) == ("may.csv", 39)
    assert (await as_admin.get(url)).json()["data"]["uploadId"] == upload
    assert (await as_admin.get(told["downloadUrl"])).content == CONTENT


async def test_the_server_says_what_it_can(client: httpx.AsyncClient, as_admin: httpx.AsyncClient) -> None:
    answer = await client.options("/api/upload/tus")
    assert set(answer.headers["tus-extension"].split(",")) == {"creation", "termination", "checksum", "expiration"}
    assert (await as_admin.post("/api/upload/tus", headers={"Upload-Length": "5"})).status_code == 412
    assert (await client.post("/api/upload/tus", headers=TUS)).status_code == 401


async def test_given_up_refused_and_late(as_admin: httpx.AsyncClient, clock: FixedClock) -> None:
    url = await begin(as_admin)
    assert (await as_admin.delete(url, headers=TUS)).status_code == 204
    assert (await as_admin.head(url, headers=TUS)).status_code == 404
    url = await begin(as_admin, 9)
    refused = await send(as_admin, url, 0, b"%PDF-1.7\n")
    assert (refused.status_code, refused.json()["error"]["code"]) == (415, "wrong_file_type")
    assert (await as_admin.head(url, headers=TUS)).status_code == 404
    url = await begin(as_admin)
    clock.moment += timedelta(hours=25)
    await resume.sweep()
    clock.moment -= timedelta(hours=25)
    assert (await as_admin.head(url, headers=TUS)).status_code == 404


async def test_a_page_of_the_frontend_may_read_what_its_tus_client_needs(as_admin: httpx.AsyncClient) -> None:
    page = {"Origin": "http://localhost:3000"}
    url = await begin(as_admin)
    answer = await as_admin.head(url, headers={**TUS, **page})
    readable = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    ours = {name for name in answer.headers if name.startswith(("upload-", "tus-"))}
    assert ours <= readable
    assert {"location", "x-upload-id", "etag", "content-disposition"} <= readable


async def test_a_look_while_the_last_part_arrives_leaves_the_upload_to_its_sender(
    as_admin: httpx.AsyncClient, resources: Resources
) -> None:
    url = await begin(as_admin)
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT
        arrived.set()
        await go_on.wait()

    headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sending = asyncio.create_task(as_admin.patch(url, headers=headers, content=slowly()))
    await arrived.wait()
    for _ in range(3):
        assert (await as_admin.head(url, headers=TUS)).status_code == 200
        assert (await as_admin.delete(url, headers=TUS)).status_code == 423
    go_on.set()
    last = await sending
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(CONTENT)))
    assert await resources.reads.fetch_only(int, "select count(*) from file_uploads") == 1
    again = await as_admin.head(url, headers=TUS)
    assert again.headers["upload-offset"] == str(len(CONTENT))
    assert await resources.reads.fetch_only(int, "select count(*) from file_uploads") == 1


async def test_a_user_has_so_many_unfinished_uploads_and_bytes(
    as_admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PY360_UPLOAD_RESUME_MOST", "2")
    monkeypatch.setenv("PY360_UPLOAD_RESUME_BYTES", "5000000")
    upload_settings.cache_clear()
    try:
        first = await begin(as_admin)
        large = await as_admin.post("/api/upload/tus", headers={**TUS, "Upload-Length": "5000000"})
        assert (large.status_code, large.json()["error"]["code"]) == (429, "resumable_quota")
        await begin(as_admin)
        third = await as_admin.post("/api/upload/tus", headers={**TUS, "Upload-Length": "5"})
        assert (third.status_code, third.json()["error"]["code"]) == (429, "resumable_quota")
        assert "2 unfinished resumable uploads" in third.json()["error"]["message"]
        await as_admin.delete(first, headers=TUS)
        await begin(as_admin)
    finally:
        monkeypatch.undo()
        upload_settings.cache_clear()


async def test_parallel_uploads_are_refused_by_name(as_admin: httpx.AsyncClient) -> None:
    for concat in ("partial", "final;/api/upload/tus/a /api/upload/tus/b"):
        headers = {**TUS, "Upload-Length": "5", "Upload-Concat": concat}
        refused = await as_admin.post("/api/upload/tus", headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "concatenation_not_supported")
        assert "parallelUploads" in refused.json()["error"]["message"]
