"""Callers who upload files."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.factories.policy_files import Send


@pytest.fixture
def send(as_admin: httpx.AsyncClient, run_jobs: Callable[[], Awaitable[None]]) -> Send:
    """Upload a file, run the import, and return the status answer."""

    async def upload(content: bytes, name: str = "policies.csv", **form: str) -> dict[str, Any]:
        answer = await as_admin.post("/api/upload/file", files={"file": (name, content)}, data=form)
        assert answer.status_code == 201, answer.text
        await run_jobs()
        told = await as_admin.get(f"/api/upload/status/{answer.json()['data']['uploadId']}")
        assert told.status_code == 200, told.text
        data: dict[str, Any] = told.json()["data"]
        return data

    return upload
