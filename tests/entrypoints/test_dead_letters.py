"""Webhooks that could not be applied are shown to the operator, and applied once the cause is fixed."""

from typing import Any

import httpx

from py360.entrypoints import dead_letters
from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.jobs import inbox
from tests.conftest import RunJobs
from tests.factories.signatures import mailgun
from tests.factories.stored import read_value
from tests.factories.webhooks import payload


async def dead_letters_in_health(client: httpx.AsyncClient) -> int:
    found: int = (await client.get("/api/health")).json()["data"]["deadLetters"]
    return found


async def test_dead_letters_are_shown_and_can_be_applied_again(
    client: httpx.AsyncClient, resources: Resources, run_jobs: RunJobs
) -> None:
    async def arrives(name: str, **over: Any) -> None:
        event = payload("mailgun_delivered.json", MESSAGE="email-msg-0@sandbox.py360.invalid") | {"id": name} | over
        answer = await client.post(
            "/api/webhooks/email/mailgun", json=mailgun(event, resources.settings.sandbox_secret)
        )
        assert answer.status_code == 200, answer.text
        await run_jobs()

    assert (await dead_letters_in_health(client), dead_letters.in_words(await dead_letters.summary())) == (
        0,
        "Every webhook was applied.",
    )
    await arrives("older", timestamp="yesterday")
    await arrives("newer", timestamp=1e300)
    assert await dead_letters_in_health(client) == 2
    found = await dead_letters.summary()
    assert (found["deadLetters"], found["newest"]["vendor"], found["newest"]["eventId"]) == (2, "mailgun", "newer")
    assert "OverflowError" in found["newest"]["reason"]
    words = dead_letters.in_words(found)
    assert words.startswith("2 webhooks could not be applied. The newest came from mailgun on ")
    assert words.endswith(found["newest"]["reason"])
    async with unit_of_work() as session:  # the cause is fixed
        await db.execute(session, "update webhook_inbox set payload = jsonb_set(payload, '{timestamp}', '1')")
    assert await dead_letters.apply_again() == 2
    await inbox.retry()
    await run_jobs()
    left = "select count(*) from webhook_inbox where error is not null or applied_at is null"
    assert (await dead_letters_in_health(client), await read_value(resources.reads, left)) == (0, 0)
    assert await dead_letters.apply_again() == 0
