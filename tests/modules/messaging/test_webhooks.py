"""Vendors' webhooks: verified, stored once, applied forward only."""

import asyncio
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.jobs import inbox
from tests.conftest import RunJobs
from tests.factories.ledger import row, written
from tests.factories.signatures import mailgun
from tests.factories.stored import read_rows, read_value
from tests.factories.webhooks import message, payload, post_meta, post_twilio
from tests.modules.messaging.conftest import AddCustomer

PHONE = "+919876543210"


async def waiting() -> int:
    async with unit_of_work() as session:
        count: int = await read_value(session, "select count(*) from webhook_inbox where applied_at is null")
    return count


async def test_a_delivery_moves_the_message(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    (number,) = await written(client_id)
    event = payload("mailgun_delivered.json", MESSAGE=f"email-msg-{number}@sandbox.py360.invalid")
    answer = await client.post("/api/webhooks/email/mailgun", json=mailgun(event, resources.settings.sandbox_secret))
    assert answer.status_code == 200, answer.text
    assert (await row(number))["status"] == "sending"  # stored, not applied yet
    await run_jobs()
    assert (await row(number))["status"] == "delivered"
    assert await waiting() == 0


async def test_the_same_event_twice_is_stored_once(
    client: httpx.AsyncClient, resources: Resources, client_id: int
) -> None:
    (number,) = await written(client_id)
    event = payload("mailgun_delivered.json", MESSAGE=f"email-msg-{number}@sandbox.py360.invalid")
    for token in ("t" * 50, "u" * 50, "t" * 50):
        body = mailgun(event, resources.settings.sandbox_secret, token)
        assert (await client.post("/api/webhooks/email/mailgun", json=body)).status_code == 200
    forged = body | {"event-data": event | {"id": "another", "event": "unsubscribed"}}  # the signature covers no event
    assert (await client.post("/api/webhooks/email/mailgun", json=forged)).status_code == 401
    assert await waiting() == 1


async def test_a_wrong_signature_is_refused_and_nothing_stored(client: httpx.AsyncClient, resources: Resources) -> None:
    event = payload("mailgun_delivered.json", MESSAGE="email-msg-1@sandbox.py360.invalid")
    answers = [
        await client.post("/api/webhooks/email/mailgun", json=mailgun(event, "wrong")),
        await post_meta(client, payload("meta_delivered.json", WAMID="wamid.1"), "wrong"),
        await client.post(
            "/api/webhooks/sms/twilio", data={"MessageSid": "SM1"}, headers={"X-Twilio-Signature": "wrong"}
        ),
    ]
    assert [(each.status_code, each.json()["error"]["code"]) for each in answers] == [(401, "bad_signature")] * 3
    assert await waiting() == 0


async def test_nonsense_is_refused_and_an_unknown_vendor_404(client: httpx.AsyncClient, resources: Resources) -> None:
    assert (await client.post("/api/webhooks/email/mailgun", content=b"{}")).status_code == 401
    assert (await client.post("/api/webhooks/email/mailgun", content=b"\xff")).status_code == 401
    signed = await post_meta(client, ["not", "a", "request"], resources.settings.sandbox_secret)
    assert signed.status_code == 400
    assert (await client.post("/api/webhooks/email/pigeon", content=b"{}")).status_code == 404


async def test_a_hard_bounce_suppresses_the_address(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    number = await message(client_id, "email", "gone@example.com")
    event = payload("mailgun_failed.json", MESSAGE=f"email-msg-{number}@sandbox.py360.invalid")
    await client.post("/api/webhooks/email/mailgun", json=mailgun(event, resources.settings.sandbox_secret))
    await run_jobs()
    found = await row(number)
    assert (found["status"], found["error_code"]) == ("bounced", "5.1.1")
    async with unit_of_work() as session:
        suppressed = await read_rows(session, "select channel, contact, reason from suppressions")
    assert suppressed == [{"channel": "email", "contact": "gone@example.com", "reason": "hard_bounce"}]


async def test_whatsapp_statuses_come_in_any_order(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    number = await message(client_id, "whatsapp", PHONE, "wamid.1")
    for name in ("meta_read.json", "meta_delivered.json"):
        answer = await post_meta(client, payload(name, WAMID="wamid.1"), resources.settings.sandbox_secret)
        assert answer.status_code == 200
        await run_jobs()
    found = await row(number)
    assert found["status"] == "opened"
    assert found["delivered_at"] < found["opened_at"]


async def test_an_event_waits_for_its_message(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    await post_meta(client, payload("meta_delivered.json", WAMID="wamid.early"), resources.settings.sandbox_secret)
    await run_jobs()
    assert await waiting() == 1
    number = await message(client_id, "whatsapp", PHONE, "wamid.early")
    async with unit_of_work() as session:  # the job tries again after two seconds; the test does not wait for it
        await db.execute(session, "update procrastinate_jobs set scheduled_at = now() where status = 'todo'")
    await run_jobs()
    assert (await row(number))["status"] == "delivered"


async def test_metas_challenge(client: httpx.AsyncClient, resources: Resources) -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.verify_token": resources.settings.sandbox_secret,
        "hub.challenge": "1158201444",
    }
    answer = await client.get("/api/webhooks/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert (await client.get("/webhook", params=asked)).text == "1158201444"  # the specification's path
    assert (await client.get("/api/webhooks/whatsapp", params=asked | {"hub.verify_token": "x"})).status_code == 403


async def test_twilio_tells_of_a_failed_sms(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    number = await message(client_id, "sms", PHONE)
    form = payload("twilio_undelivered.json", SID="SM1")
    assert (await post_twilio(client, form, resources, f"?message=sms-msg-{number}")).status_code == 200
    await run_jobs()
    found = await row(number)
    assert (found["status"], found["error_code"]) == ("failed", "30003")


async def test_stop_is_obeyed_on_all_text_channels(
    client: httpx.AsyncClient, resources: Resources, client_id: int, add_customer: AddCustomer, run_jobs: RunJobs
) -> None:
    customer = await add_customer("asha@example.com", PHONE)
    number = await message(client_id, "sms", PHONE)
    assert (await post_twilio(client, payload("twilio_inbound.json", TEXT=" बंद. "), resources)).status_code == 200
    await run_jobs()
    assert (await row(number))["unsubscribed_at"] is not None
    async with unit_of_work() as session:
        suppressed = await read_rows(session, "select channel, reason from suppressions order by channel")
        consents = await read_rows(
            session,
            "select distinct channel, state from consents where customer_id = %(c)s order by 1",
            {"c": customer},
        )
    assert suppressed == [{"channel": "sms", "reason": "stop"}, {"channel": "whatsapp", "reason": "stop"}]
    assert consents == [{"channel": "sms", "state": "opted_out"}, {"channel": "whatsapp", "state": "opted_out"}]
    await post_twilio(client, payload("twilio_inbound.json", TEXT="START") | {"MessageSid": "SM9"}, resources)
    await run_jobs()
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from suppressions") == 0


async def test_another_answer_is_a_reply(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    number = await message(client_id, "whatsapp", PHONE, "wamid.out")
    body = payload("meta_inbound.json", TEXT="When does it end?", WAMID="wamid.out")
    for _ in range(2):  # vendors repeat what they are not sure of
        await post_meta(client, body, resources.settings.sandbox_secret)
        await run_jobs()
    assert (await row(number))["status"] == "replied"
    async with unit_of_work() as session:
        kept = await read_value(session, f"select reply_text from communication_delivery_status where id = {number}")
    assert kept == "When does it end?"


async def test_an_event_of_an_unknown_shape_stops_nobody_else(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    (number,) = await written(client_id)
    secret = resources.settings.sandbox_secret
    strange = {
        "id": "odd",
        "event": "delivered",
        "timestamp": "soon",
        "message": {"headers": {"message-id": "email-msg-1@sandbox.py360.invalid"}},
    }
    await client.post("/api/webhooks/email/mailgun", json=mailgun(strange, secret))
    event = payload("mailgun_delivered.json", MESSAGE=f"email-msg-{number}@sandbox.py360.invalid")
    await client.post("/api/webhooks/email/mailgun", json=mailgun(event, secret))
    await run_jobs()
    assert (await row(number))["status"] == "delivered"
    async with unit_of_work() as session:
        error = await read_value(session, "select error from webhook_inbox where event_id = 'odd'")
    assert error.startswith("not understood")


async def test_many_at_once_are_written_together(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    numbers = await written(client_id, 40)
    secret = resources.settings.sandbox_secret
    event = payload("mailgun_delivered.json", MESSAGE="email-msg-0@sandbox.py360.invalid")

    def body(number: int) -> dict[str, Any]:
        headers = {"message-id": f"email-msg-{number}@sandbox.py360.invalid"}
        return mailgun(event | {"id": f"event-{number}", "message": {"headers": headers}}, secret)

    answers = await asyncio.gather(
        *(client.post("/api/webhooks/email/mailgun", json=body(number)) for number in numbers)
    )
    assert {each.status_code for each in answers} == {200}
    assert await waiting() == 40
    await run_jobs()
    async with unit_of_work() as session:
        delivered = await read_value(
            session, "select count(*) from communication_delivery_status where status = 'delivered'"
        )
    assert delivered == 40


@pytest.mark.parametrize(
    "poison",
    [{"timestamp": 1e300}, {"event": "failed", "severity": "permanent", "reason": "suppress-bounce"}],
    ids=["a moment that no clock has", "an address that no suppression takes"],
)
async def test_an_event_that_cannot_be_applied_stops_no_other(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs, poison: dict[str, Any]
) -> None:
    """It is stored as a dead letter with its reason, and one line in the log; the others of its batch continue."""
    numbers = await written(client_id, 20)
    secret = resources.settings.sandbox_secret
    delivered = payload("mailgun_delivered.json", MESSAGE="email-msg-0@sandbox.py360.invalid")
    async with unit_of_work() as session:  # what makes the second one fail
        await db.execute(session, "alter table suppressions add check (contact is null)")
    for place, number in enumerate(numbers):
        headers = {"message-id": f"email-msg-{number}@sandbox.py360.invalid"}
        event = delivered | {"id": f"event-{place}", "message": {"headers": headers}} | (poison if place == 10 else {})
        answer = await client.post("/api/webhooks/email/mailgun", json=mailgun(event, secret))
        assert answer.status_code == 200, answer.text
    with capture_logs() as logs:
        await run_jobs()
    assert await waiting() == 0
    moved = [number for number in numbers if (await row(number))["status"] == "delivered"]
    assert moved == numbers[:10] + numbers[11:]
    async with unit_of_work() as session:
        (aside,) = await read_rows(session, "select id, event_id, error from webhook_inbox where error is not null")
    assert aside["event_id"] == "event-10"
    (line,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (line["event"], line["id"], line["error"]) == ("a webhook cannot be applied", aside["id"], aside["error"])
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update webhook_inbox set applied_at = null, payload = jsonb_set(jsonb_set(payload, '{timestamp}', '1'),"
            " '{event}', '\"delivered\"') where error is not null",
        )
    await inbox.retry()
    await run_jobs()
    assert (await row(numbers[10]))["status"] == "delivered"
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from webhook_inbox where error is not null") == 0


async def test_a_deadlock_is_tried_again_at_once(
    client: httpx.AsyncClient, resources: Resources, client_id: int, run_jobs: RunJobs
) -> None:
    """The job meets one at its first try, made by the database here, and does not end on it."""
    (number,) = await written(client_id)
    event = payload("mailgun_delivered.json", MESSAGE=f"email-msg-{number}@sandbox.py360.invalid")
    await client.post("/api/webhooks/email/mailgun", json=mailgun(event, resources.settings.sandbox_secret))
    async with unit_of_work() as session:
        for statement in (
            "create sequence tries",
            "create function clash() returns trigger language plpgsql as $$ begin"
            " if nextval('tries') = 1 then raise 'deadlock detected' using errcode = '40P01'; end if; return new; end $$",
            "create trigger clash before update on communication_delivery_status for each row execute function clash()",
        ):
            await db.execute(session, statement)
    with capture_logs() as logs:
        await run_jobs()
    assert (await row(number))["status"] == "delivered"
    assert [entry["log_level"] for entry in logs if "deadlock" in entry.get("error", "")] == ["warning"]
