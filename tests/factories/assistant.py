"""What tests of the assistant share: a model (the sandbox's, which implements OpenAI's protocol), a document, a question."""

import json
from typing import Any

import httpx

from tests.conftest import RunJobs
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


GRACE = """Grace period

A motor policy has no grace period: the vehicle is not insured from the day after the expiry date.
A health policy paid yearly has 30 days of grace; paid monthly it has 15 days.
"""


async def ask(person: httpx.AsyncClient, message: str, **more: Any) -> dict[str, Any]:
    """The answer of a stream: its text, and what its end says."""
    answer = await person.post("/api/ai/chat", json={"message": message, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    text, end = "", {}
    for event in answer.text.strip().split("\n\n"):
        name, data = (line.partition(": ")[2] for line in event.split("\n"))
        if name == "token":
            text += json.loads(data)["text"]
        else:
            end = json.loads(data)
    return {"text": text, **end}


async def add(admin: httpx.AsyncClient, run_jobs: RunJobs, name: str, content: bytes) -> int:
    """Add a document to the knowledge base, and let it be read; its number."""
    answer = await admin.post("/api/ai/knowledge-base", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    await run_jobs()
    number: int = answer.json()["data"]["id"]
    return number
