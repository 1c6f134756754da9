"""A mail that waits for its customer: it comes back at its time, unless they answer before."""

from datetime import timedelta
from typing import Any

import httpx

from py360.kit.clock import FixedClock
from py360.modules.inbox import jobs
from tests.factories.mail_server import letter
from tests.modules.conftest import AsRole
from tests.modules.inbox.conftest import Desk

ASHA = "asha@customer.example"


async def arrived(desk: Desk, subject: str, sender: str = ASHA, answers: str = "") -> str:
    """A mail that came in; its code."""
    mail = letter(sender, desk.email, subject, "Text")
    if answers:
        mail["In-Reply-To"] = answers
        mail["Cc"] = "surveyor@partner.example"
    await desk.server.send(mail)
    await desk.sync()
    return next(str(each["id"]) for each in await desk.mails() if each["subject"] == subject)


async def read(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    """A mail with its text."""
    found: dict[str, Any] = (await client.get(f"/api/emails/{code}")).json()["data"]
    return found


async def follow_up(desk: Desk, code: str, at: str | None, note: str = "") -> httpx.Response:
    """Set a follow-up, or with no time remove it."""
    asked = {"at": at, "note": note} if at else None
    return await desk.admin.patch(f"/api/emails/{code}", json={"scheduledFollowUp": asked})


async def history(desk: Desk, code: str) -> list[str]:
    """What happened to a mail."""
    found = (await desk.admin.get(f"/api/emails/{code}/audit", params={"limit": 100})).json()["data"]["events"]
    return [each["event"] for each in found]


async def notified(client: httpx.AsyncClient) -> list[tuple[str, str]]:
    """The reminders that a user got."""
    found = (await client.get("/api/notifications", params={"type": "reminder"})).json()["data"]["notifications"]
    return [(each["title"], each["message"]) for each in found]


async def test_mail_comes_back_to_the_top_and_its_assignee_is_notified_once(
    desk: Desk, as_role: AsRole, clock: FixedClock
) -> None:
    agent = await as_role("agent")
    first, other = await arrived(desk, "Quote"), await arrived(desk, "Another")
    await desk.admin.post(f"/api/emails/{first}/assign", json={"assignedTo": agent.user["id"]})
    at = clock.now() + timedelta(minutes=2)
    assert (await follow_up(desk, first, at.isoformat(), "Has she paid?")).status_code == 200
    shown = (await read(desk.admin, first))["scheduledFollowUp"]
    me = (await desk.admin.get("/api/auth/me")).json()["data"]
    assert (shown["note"], shown["setBy"], shown["setByName"]) == ("Has she paid?", me["id"], me["name"])
    assert [each["id"] for each in await desk.mails(hasFollowUp="true")] == [first]
    assert (await follow_up(desk, first, (at + timedelta(minutes=1)).isoformat(), "Paid?")).status_code == 200
    await desk.admin.post(f"/api/emails/{first}/archive")
    clock.moment = at + timedelta(seconds=1)
    await jobs.minute(timestamp=0)
    assert (await desk.mails(folder="inbox"))[0]["id"] == other, "it was put off by a minute"
    clock.moment = at + timedelta(minutes=1)
    for _ in range(2):
        await jobs.minute(timestamp=0)
    back, below = await desk.mails(folder="inbox")
    assert (back["id"], back["isRead"], back["status"], back["scheduledFollowUp"]) == (
        first,
        False,
        "in_progress",
        None,
    )
    assert below["id"] == other
    assert await notified(agent) == [("Follow-up is due: Quote", "Paid?")]
    assert await notified(desk.admin) == []
    assert [each for each in await history(desk, first) if each.startswith("follow_up")] == [
        "follow_up_set", "follow_up_set", "follow_up_due",
    ]  # fmt: skip


async def test_answer_of_the_customer_ends_it_and_nobody_elses(desk: Desk, clock: FixedClock) -> None:
    first = await arrived(desk, "Quote")
    at = clock.now() + timedelta(minutes=2)
    assert (await follow_up(desk, first, at.isoformat())).status_code == 200
    name = (await read(desk.admin, first))["messageId"]
    await arrived(desk, "Re: Quote", "stranger@elsewhere.example", name)
    absent = letter(ASHA, desk.email, "Re: Quote", "I am away")
    absent["In-Reply-To"], absent["Auto-Submitted"] = name, "auto-replied"
    await desk.server.send(absent)
    await desk.sync()
    assert (await read(desk.admin, first))["scheduledFollowUp"] is not None
    await arrived(desk, "Re: Quote", ASHA, name)
    assert (await read(desk.admin, first))["scheduledFollowUp"] is None
    assert (await history(desk, first))[-1] == "follow_up_answered"
    clock.moment = at + timedelta(minutes=1)
    await jobs.minute(timestamp=0)
    assert await notified(desk.admin) == []


async def test_sent_mail_is_followed_up_until_it_is_answered(desk: Desk, clock: FixedClock) -> None:
    at = (clock.now() + timedelta(minutes=2)).isoformat()
    sent = []
    for subject in ("Quote", "Another"):
        body = {"to": [ASHA], "subject": subject, "body": "Hello", "accountId": desk.account_id}
        sent.append((await desk.admin.post("/api/emails", json=body)).json()["data"]["emailId"])
        assert (await follow_up(desk, sent[-1], at)).status_code == 200
    clock.moment += timedelta(minutes=1)
    await arrived(desk, "Re: Quote", ASHA, (await read(desk.admin, sent[0]))["messageId"])
    clock.moment += timedelta(minutes=3)
    await jobs.minute(timestamp=0)
    assert await notified(desk.admin) == [("Follow-up is due: Another", "The customer has not answered.")]
    assert (await desk.mails(folder="sent"))[0]["id"] == sent[1]


async def test_what_cannot_be_followed_up_is_refused_and_what_was_thrown_away_stays_there(
    desk: Desk, clock: FixedClock
) -> None:
    mail = await arrived(desk, "Quote")
    for days in (-1, 800):
        refused = await follow_up(desk, mail, (clock.now() + timedelta(hours=24 * days)).isoformat())
        assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, "scheduledFollowUp.at")
    at = clock.now() + timedelta(minutes=1)
    assert (await follow_up(desk, mail, None)).status_code == 200
    body = {"subject": "Draft", "body": "Hello", "draft": True, "accountId": desk.account_id}
    draft = (await desk.admin.post("/api/emails", json=body)).json()["data"]["emailId"]
    asked = {"ids": [mail, draft], "action": "follow_up", "scheduledFollowUp": {"at": at.isoformat()}}
    done = (await desk.admin.post("/api/emails/bulk-actions", json=asked)).json()["data"]
    assert {each["id"]: each["success"] for each in done["results"]} == {mail: True, draft: False}
    await desk.admin.post("/api/emails/bulk-actions", json={"ids": [mail], "action": "delete"})
    clock.moment = at + timedelta(seconds=1)
    await jobs.minute(timestamp=0)
    assert [each["id"] for each in await desk.mails(folder="trash")] == [mail]
    assert await notified(desk.admin) == []
    incomplete = await desk.admin.post("/api/emails/bulk-actions", json={"ids": [mail], "action": "follow_up"})
    assert incomplete.json()["error"]["details"] == [{"field": "scheduledFollowUp", "message": "is missing"}]
