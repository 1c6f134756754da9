"""Letters of identity go out through messaging, and their links stay between the sender and the reader."""

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.compliance import api as compliance
from tests.conftest import RunJobs
from tests.factories.stored import read_rows, read_value


async def test_a_welcome_letter_is_sent_and_its_link_is_kept_nowhere(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    body = {"name": "Meera Nair", "email": "meera@example.com", "role": "agent"}
    assert (await as_admin.post("/api/users", json=body)).status_code == 201
    async with unit_of_work() as session:
        queued = str(
            await read_rows(session, "select args from procrastinate_jobs where task_name = 'identity.letter'")
        )
    assert "meera@example.com" in queued
    assert "token=" not in queued
    await run_jobs()
    async with unit_of_work() as session:
        [line] = await read_rows(
            session, "select recipient_contact, subject, content, status from communication_delivery_status"
        )
    assert (line["recipient_contact"], line["subject"], line["content"]) == (
        "meera@example.com",
        "Your new account",
        None,
    )


async def test_who_unsubscribed_as_a_customer_can_still_set_a_new_password(
    as_admin: httpx.AsyncClient, run_jobs: RunJobs
) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into customers (client_id, customer_code, first_name, last_name, email, communication_preferences)"
            " values (1, 'C1', 'Meera', 'Nair', 'meera@example.com', '{\"email\": false}')",
        )
        await compliance.opt_out(session, 1, "email", "meera@example.com", source="unsubscribe")
    assert await letter_to("meera@example.com", as_admin, run_jobs) != "blocked"


async def test_an_address_that_does_not_exist_gets_no_letters(as_admin: httpx.AsyncClient, run_jobs: RunJobs) -> None:
    async with unit_of_work() as session:
        await compliance.opt_out(session, 1, "email", "gone@example.com", source="unsubscribe")
        await compliance.suppress(session, 1, [compliance.Suppression("email", "gone@example.com", "hard_bounce")])
    assert await letter_to("gone@example.com", as_admin, run_jobs) == "blocked"
    async with unit_of_work() as session:  # and nobody tries again for hours
        assert (
            await read_value(session, "select count(*) from procrastinate_jobs where task_name = 'identity.letter'")
            == 1
        )
        assert (
            await read_value(session, "select status::text from procrastinate_jobs where task_name = 'identity.letter'")
            == "succeeded"
        )


async def letter_to(email: str, client: httpx.AsyncClient, run_jobs: RunJobs) -> str:
    """Make an account for that address; what became of its letter."""
    body = {"name": "Meera Nair", "email": email, "role": "agent"}
    assert (await client.post("/api/users", json=body)).status_code == 201
    await run_jobs()
    async with unit_of_work() as session:
        [line] = await read_rows(
            session,
            "select status, purpose from communication_delivery_status where recipient_contact = %(to)s",
            {"to": email},
        )
    assert line["purpose"] == "transactional"
    return str(line["status"])
