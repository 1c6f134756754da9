"""Resumable uploads (tus 1.0)."""

import base64

import httpx

from tests.factories.policy_files import csv_of, row

TUS = {"Tus-Resumable": "1.0.0"}


CONTENT = csv_of([row(number) for number in range(1, 40)])


def text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


async def begin(client: httpx.AsyncClient, length: int = len(CONTENT)) -> str:
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": f"filename {text('may.csv')}"}
    answer = await client.post("/api/upload/tus", headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.headers["upload-expires"].endswith("GMT")
    return answer.headers["location"]


async def send(client: httpx.AsyncClient, url: str, offset: int, part: bytes, **more: str) -> httpx.Response:
    headers = {**TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream", **more}
    return await client.patch(url, headers=headers, content=part)
