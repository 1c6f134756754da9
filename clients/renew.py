"""Renew a policy file through the Py360 API: sign in, upload, follow the import live, start a campaign, follow it.

pip install httpx websockets
python renew.py http://127.0.0.1:8360 EMAIL PASSWORD renewals.csv
"""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx
import websockets

ENDED = {"completed", "failed", "cancelled", "needs_input", "undone"}


async def call(api: httpx.AsyncClient, method: str, path: str, **request: Any) -> Any:
    """The data of an answer. An error's sentence is meant for people; its code, for programs; its request id, for support."""
    answer = await api.request(method, f"/api{path}", **request)
    body = answer.json()
    if not body["success"]:
        error = body["error"]
        raise SystemExit(f"{error['code']}: {error['message']} {error['details']} (request {body['requestId']})")
    return body["data"]


async def follow(api: httpx.AsyncClient, path: str, kind: str, key: str, code: str) -> dict[str, Any]:
    """Live updates until something has ended. They may be lost: after each one, and every 5 s, the API is asked."""
    ticket = (await call(api, "POST", "/ws/ticket"))["ticket"]
    address = str(api.base_url).rstrip("/").replace("http", "ws", 1)
    async with websockets.connect(f"{address}/ws?ticket={ticket}") as live:
        while (state := await call(api, "GET", path))["status"] not in ENDED:
            try:
                message = json.loads(await asyncio.wait_for(live.recv(), 5))
                if message["type"] == kind and message["data"][key] == code:
                    print(message["seq"], message["data"].get("processedRecords", message["data"].get("progress")))
            except TimeoutError:
                pass  # nothing new: ask again
    return state


async def main(base: str, email: str, password: str, file: str) -> None:
    """The main job, once."""
    async with httpx.AsyncClient(base_url=base, timeout=60) as api:
        login = await call(api, "POST", "/auth/login", json={"email": email, "password": password})
        api.headers["Authorization"] = f"Bearer {login['token']}"
        once = {"Idempotency-Key": str(uuid.uuid4())}  # the same key with the same body is done once
        content = {"file": (Path(file).name, Path(file).read_bytes())}
        upload = await call(api, "POST", "/upload/file", files=content, headers=once)
        code = upload["uploadId"]
        state = await follow(api, f"/upload/status/{code}", "upload.progress", "uploadId", code)
        print(state["status"], state["successfulRecords"], "accepted,", state["failedRecords"], "failed")
        templates = await call(api, "GET", "/templates", params={"type": "email", "category": "renewal", "limit": 100})
        letter = next(one for one in templates["templates"] if "payment_link" in one["variables"])
        wish = {"name": f"Renewals {code}", "type": ["email"], "purpose": "renewal", "uploadId": code}
        wish |= {"templates": {"email": letter["id"]}, "scheduleType": "immediate"}
        made = await call(api, "POST", "/campaigns", json=wish, headers={"Idempotency-Key": str(uuid.uuid4())})
        (email_campaign,) = (await call(api, "GET", f"/campaigns/{made['parentId']}"))["campaigns"]
        code = email_campaign["id"]
        state = await follow(api, f"/campaigns/{code}", "campaign.metrics", "campaignId", code)
        print(state["status"], state["metrics"]["sent"], "sent")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
