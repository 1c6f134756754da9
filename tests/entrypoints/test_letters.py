"""Letters of identity go out through messaging, and their links stay between the sender and the reader."""

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.conftest import RunJobs


async def test_a_welcome_letter_is_sent_and_its_link_is_kept_nowhere(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    body = {"name": "Meera Nair", "email": "meera@example.com", "role": "agent"}
    assert (await as_admin.post("/api/users", json=body)).status_code == 201
    async with unit_of_work() as session:
        queued = str(await db.all(session, "select args from procrastinate_jobs where task_name = 'identity.letter'"))
    assert "meera@example.com" in queued
    assert "token=" not in queued
    await run_jobs()
    async with unit_of_work() as session:
        [line] = await db.all(
            session, "select recipient_contact, subject, content, status from communication_delivery_status"
        )
    assert (line["recipient_contact"], line["subject"], line["content"]) == (
        "meera@example.com",
        "Your new account",
        None,
    )
