"""What could not be applied is told to whoever runs the installation, and applied once its cause is mended."""

from typing import Any

import httpx

from py360.entrypoints import aside
from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.jobs import tidy
from tests.conftest import RunJobs
from tests.modules.messaging.test_webhooks import mailgun, payload


async def put_aside(client: httpx.AsyncClient) -> int:
    found: int = (await client.get("/api/health")).json()["data"]["webhooksPutAside"]
    return found


async def test_what_could_not_be_applied_is_told_and_can_be_applied_again(
    client: httpx.AsyncClient, resources: Resources, run_jobs: RunJobs
) -> None:
    async def arrives(name: str, **over: Any) -> None:
        event = payload("mailgun_delivered.json", MESSAGE="email-msg-0@x.invalid") | {"id": name} | over
        answer = await client.post(
            "/api/webhooks/email/mailgun", json=mailgun(event, resources.settings.sandbox_secret)
        )
        assert answer.status_code == 200, answer.text
        await run_jobs()

    assert (await put_aside(client), aside.in_words(await aside.told())) == (0, "Every webhook was applied.")
    await arrives("older", timestamp="yesterday")
    await arrives("newer", timestamp=1e300)
    assert await put_aside(client) == 2
    found = await aside.told()
    assert (found["putAside"], found["newest"]["vendor"], found["newest"]["eventId"]) == (2, "mailgun", "newer")
    assert "OverflowError" in found["newest"]["reason"]
    words = aside.in_words(found)
    assert words.startswith("Put aside, because they could not be applied: 2. The newest came from mailgun on ")
    assert words.endswith(found["newest"]["reason"])
    async with unit_of_work() as session:  # the cause is mended
        await db.execute(session, "update webhook_inbox set payload = jsonb_set(payload, '{event,timestamp}', '1')")
    assert await aside.again() == 2
    await tidy(timestamp=0)
    await run_jobs()
    left = "select count(*) from webhook_inbox where error is not null or applied_at is null"
    assert (await put_aside(client), await resources.reads.value(left)) == (0, 0)
    assert await aside.again() == 0
