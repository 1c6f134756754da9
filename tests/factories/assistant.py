"""A language model for tests: the sandbox's, which speaks OpenAI's protocol."""

from typing import Any

import httpx

from tests.modules.conftest import Sandbox


async def use_model(admin: httpx.AsyncClient, sandbox: Sandbox, model: str = "sandbox-chat", **more: Any) -> None:
    """Set a model of the sandbox up for the administrator's client."""
    address = f"{sandbox.vendors.world.address}/openai/v1"
    body = {
        "provider": "openai",
        "model": model,
        "apiKey": "sk-sandbox",
        "baseUrl": address,
        "responseTimeout": 5,
        **more,
    }
    answer = await admin.put("/api/ai/settings", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["apiKey"] == "********"
