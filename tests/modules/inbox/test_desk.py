"""What the desk does with mails as they come in and lie there: rules, corrections, snoozing, schedules, presence, deadlines."""

from datetime import UTC, datetime, time, timedelta

import pytest

from py360.kit.clock import FixedClock
from py360.modules.inbox import jobs
from py360.modules.inbox.classify import adapted
from py360.modules.inbox.ingest.service_level import after_working_time
from tests.conftest import RunJobs
from tests.factories.mail_server import letter
from tests.modules.conftest import AsRole
from tests.modules.inbox.conftest import Desk

ODD = "Zorblat quuxify the frobnicated gizmo"


async def arrived(desk: Desk, subject: str, text: str, sender: str = "asha@customer.example") -> dict[str, object]:
    """A mail that came in."""
    await desk.server.send(letter(sender, desk.email, subject, text))
    await desk.sync()
    return next(mail for mail in await desk.mails() if mail["subject"] == subject)


async def test_corrections_of_people_are_learned(desk: Desk, client_id: int) -> None:
    first = await arrived(desk, "Gizmo", f"{ODD} today.")
    assert first["category"] == "uncategorized", "what nothing fits is not guessed"
    changed = await desk.admin.patch(
        f"/api/emails/{first['id']}", json={"category": "refund", "intent": "price_objection"}
    )
    assert changed.status_code == 200, changed.text
    adapted.forget(client_id)  # as another process does after some seconds
    second = await arrived(desk, "Gizmo again", f"{ODD} once more.", "ravi@customer.example")
    assert (second["category"], second["intent"]) == ("refund", "price_objection")


async def test_office_without_fallback_gets_the_likeliest_category(desk: Desk) -> None:
    assert (await desk.admin.put("/api/settings/email", json={"fallbackTagging": False})).status_code == 200
    mail = await arrived(desk, "Gizmo", f"{ODD}. I want my money back.")
    assert mail["category"] in ("complaint", "feedback", "refund", "appointment", "uncategorized")
    intent = mail["aiIntent"]
    assert isinstance(intent, dict)
    assert intent["category"] == mail["category"]


async def test_words_and_rules_sort_what_comes_in(desk: Desk) -> None:
    word = {"keyword": "hypothecation", "category": "refund", "priority": "high"}
    assert (await desk.admin.post("/api/email-classification-rules", json=word)).status_code == 201
    folder = await desk.admin.post("/api/email-folders", json={"name": "Bank Matters"})
    assert folder.json()["data"]["id"] == "bank_matters"
    rule = {
        "name": "Bank", "conditions": [{"field": "from", "operator": "ends_with", "value": "bank.example"}],
        "actions": [{"type": "star"}, {"type": "move_to_folder", "folder": "bank_matters"}],
    }  # fmt: skip
    made = await desk.admin.post("/api/email-rules", json=rule)
    assert made.status_code == 201, made.text
    mail = await arrived(desk, "Loan", "About the hypothecation of the car.", "officer@bank.example")
    assert (mail["category"], mail["priority"], mail["folder"], mail["starred"]) == (
        "refund",
        "high",
        "bank_matters",
        True,
    )
    history = (await desk.admin.get(f"/api/emails/{mail['id']}/audit")).json()["data"]["events"]
    assert {"event": "rule_applied", "rule": "Bank"} in [
        {"event": each["event"], "rule": each["details"].get("rule")} for each in history
    ]


async def test_sender_is_valued_in_what_comes_later(desk: Desk) -> None:
    body = {"email": "asha@customer.example", "customerCategory": "Super HNI"}
    assert (await desk.admin.put("/api/emails/senders/category", json=body)).status_code == 200
    mail = await arrived(desk, "Hello", "A question.")
    assert mail["customerCategory"] == "super_hni"
    assert [each["id"] for each in await desk.mails(customerCategory="super_hni")] == [mail["id"]]
    assert await desk.mails(customerCategory="vip") == []


async def test_snoozed_mail_comes_back_unread_at_its_time(desk: Desk, clock: FixedClock) -> None:
    mail = await arrived(desk, "Later", "Ask me again.")
    await desk.admin.get(f"/api/emails/{mail['id']}")
    until = clock.now() + timedelta(minutes=5)
    assert (
        await desk.admin.post(f"/api/emails/{mail['id']}/snooze", json={"until": until.isoformat()})
    ).status_code == 200
    assert await desk.mails(tab="inbox") == []
    assert [each["id"] for each in await desk.mails(tab="snoozed")] == [mail["id"]]
    for ends in (None, until.isoformat()):
        assert (await desk.admin.post(f"/api/emails/{mail['id']}/snooze", json={"until": ends})).status_code == 200
        assert len(await desk.mails(tab="inbox")) == (ends is None)
    clock.moment = until + timedelta(seconds=1)
    await jobs.minute(timestamp=0)
    (back,) = await desk.mails(tab="inbox")
    assert (back["id"], back["isRead"], back["snoozedUntil"]) == (mail["id"], False, None)


async def test_scheduled_mail_leaves_at_its_time(desk: Desk, clock: FixedClock, run_jobs: RunJobs) -> None:
    later = clock.now() + timedelta(minutes=5)
    body = {"to": ["asha@customer.example"], "subject": "Later", "body": "Hello", "scheduledAt": later.isoformat()}
    assert (await desk.admin.post("/api/emails", json=body)).status_code == 201
    await desk.stop_watching()
    await jobs.minute(timestamp=0)
    await run_jobs()
    assert desk.server.outside == []
    clock.moment = later + timedelta(seconds=1)
    await jobs.minute(timestamp=0)
    await run_jobs()
    assert len(desk.server.outside) == 1
    assert [each["deliveryStatus"] for each in await desk.mails(tab="sent")] == ["sent"]


async def test_who_has_a_mail_open_is_seen_where_the_office_wants_it(desk: Desk, as_role: AsRole) -> None:
    mail = await arrived(desk, "Hello", "A question.")
    other = await as_role("admin")
    await other.get(f"/api/emails/{mail['id']}")
    seen = (await desk.admin.get(f"/api/emails/{mail['id']}/viewers")).json()["data"]["viewers"]
    assert len(seen) == 2
    assert (await desk.admin.put("/api/settings/email", json={"realTimeCollaboration": False})).status_code == 200
    quiet = await arrived(desk, "Another", "Another question.")
    await other.get(f"/api/emails/{quiet['id']}")
    assert (await desk.admin.get(f"/api/emails/{quiet['id']}/viewers")).json()["data"]["viewers"] == []


async def test_work_on_a_mail_goes_its_way(desk: Desk) -> None:
    mail = await arrived(desk, "Hello", "A question.")
    for status, answer in (
        ("in_progress", 200),
        ("resolved", 200),
        ("escalated", 409),
        ("in_progress", 200),
        ("archived", 200),
        ("resolved", 409),
    ):
        changed = await desk.admin.patch(f"/api/emails/{mail['id']}", json={"status": status})
        assert changed.status_code == answer, (status, changed.text)


async def test_export_has_the_columns_of_the_desk(desk: Desk) -> None:
    await arrived(desk, "Hello", "A question.")
    exported = (await desk.admin.get("/api/emails/export")).text
    assert exported.removeprefix("\ufeff").splitlines()[0] == (
        "Email ID,From,Subject,Category,Status,Priority,Date Received,Has Attachments"
    )


async def test_mailbox_without_an_interval_takes_the_offices(desk: Desk) -> None:
    assert (await desk.admin.put("/api/settings/email", json={"pollingInterval": 15})).status_code == 200
    made = await desk.admin.post("/api/email-accounts", json=desk.server.account("interval@office.example"))
    shown = (await desk.admin.get(f"/api/email-accounts/{made.json()['data']['id']}")).json()["data"]
    assert shown["syncInterval"] == 15


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-27T12:00", 4, "2026-11-27T16:00"),  # within a Friday
        ("2026-11-27T16:00", 4, "2026-11-28T11:00"),  # over the night
        ("2026-11-28T17:30", 2, "2026-11-30T10:30"),  # over a Sunday
        ("2026-11-29T12:00", 1, "2026-11-30T10:00"),  # begun on a Sunday
        ("2026-11-27T07:00", 9, "2026-11-27T18:00"),  # a whole day, from its beginning
    ],
)
def test_deadline_counts_working_hours_only(start: str, hours: int, end: str) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}:00+05:30").astimezone(UTC)

    found = after_working_time(moment(start), timedelta(hours=hours), time(9), time(18), frozenset(range(1, 7)))
    assert found == moment(end)


async def test_filters_take_the_words_of_the_renewal_manager_and_refuse_others(desk: Desk) -> None:
    mail = await arrived(
        desk, "Terrible", "I am very angry and frustrated. This is the worst service, reply immediately!"
    )
    calm = await arrived(desk, "Hello", "When is my premium due?", "ravi@customer.example")
    emotions = (await desk.admin.get(f"/api/emails/{mail['id']}")).json()["data"]["sentiment"]["emotions"]
    assert "frustration" in [each["emotion"] for each in emotions]
    assert [each["id"] for each in await desk.mails(sentiment="frustrated")] == [mail["id"]]
    assert [each["id"] for each in await desk.mails(status="urgent")] == [mail["id"]]
    assert [each["id"] for each in await desk.mails(status="Pending")] == [calm["id"]]
    changed = await desk.admin.patch(f"/api/emails/{calm['id']}", json={"status": "completed"})
    assert changed.status_code == 200, changed.text
    assert [each["id"] for each in await desk.mails(status="resolved")] == [calm["id"]]
    for name in ("status", "category", "priority", "sentiment", "customerCategory"):
        assert (await desk.admin.get("/api/emails", params={name: "sleeping"})).status_code == 422


async def test_history_says_who_answered(desk: Desk) -> None:
    mail = await arrived(desk, "Hello", "A question.")
    answer = await desk.admin.post(f"/api/emails/{mail['id']}/reply", json={"replyText": "An answer"})
    history = (await desk.admin.get(f"/api/emails/{mail['id']}/audit")).json()["data"]["events"]
    (replied,) = [each for each in history if each["event"] == "replied"]
    me = (await desk.admin.get("/api/auth/me")).json()["data"]["name"]
    assert (replied["actor"], replied["details"]) == (me, {"with": answer.json()["data"]["emailId"]})
    assert [each["subject"] for each in await desk.mails(status="sent")] == ["Re: Hello"]
