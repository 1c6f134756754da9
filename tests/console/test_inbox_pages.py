"""The pages of the inbox: what comes in is shown safely, worked on and answered by those who may."""

import base64
import json
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest_asyncio

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.sandbox.main import opened
from tests.console.conftest import Browser, BrowserOf
from tests.factories.claims import data
from tests.house.book import statements_of_the_book
from tests.services import ADMIN, PASSWORD

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HTML = (
    '<p>Please <b>cancel</b> my policy.</p><script>alert(1)</script><form action="https://x"><input></form>'
    '<img src="https://tracker.example/pixel.png">'
)


@pytest_asyncio.fixture
async def desk(browser: Browser) -> Browser:
    """The first administrator's browser, in an office that has some of everything; one mail has a stranger's HTML."""
    async with unit_of_work() as session:
        for statement in statements_of_the_book(2):
            await db.execute(session, statement)
        await db.execute(session, "update emails set body_html = %(html)s where id = 1001", {"html": HTML})
    await browser.sign_in(ADMIN, PASSWORD)
    return browser


async def test_folder_is_listed_and_narrowed(desk: Browser) -> None:
    page = await desk.get("/console/inbox", params={"folder": "inbox"})
    assert "Policy 1001" in page.text
    assert 'name="folder" value="inbox"' in page.text
    narrowed = await desk.get("/console/inbox", params={"folder": "inbox", "search": "nothing like this"})
    assert "Nothing matches these filters" in narrowed.text


async def test_html_of_a_stranger_is_shown_in_a_frame_that_can_do_nothing(desk: Browser) -> None:
    page = await desk.get("/console/inbox/EMAIL-1001")
    assert '<iframe class="mail" sandbox="allow-popups' in page.text
    assert "were not loaded" in page.text
    frame = await desk.get("/console/inbox/EMAIL-1001/html")
    policy = frame.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "https:" not in policy
    assert "<b>cancel</b>" in frame.text
    for harmful in ("<script", "<form", "tracker.example"):
        assert harmful not in frame.text
    with_images = await desk.get("/console/inbox/EMAIL-1001/html", params={"images": "true"})
    assert "tracker.example" in with_images.text
    assert "https:" in with_images.headers["content-security-policy"]


async def test_picture_that_came_with_a_mail_stands_in_its_frame(desk: Browser) -> None:
    answer = await desk.ask(
        "POST",
        "/files",
        data={"entityType": "email", "entityId": "EMAIL-1001"},
        files={"file": ("logo.png", PNG, "image/png")},
    )
    listed = [
        {
            "name": "logo.png",
            "size": len(PNG),
            "type": "image/png",
            "contentId": "logo",
            "fileId": data(answer, 201)["id"],
        }
    ]
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update emails set attachments = %(files)s::jsonb, body_html = '<p><img src=\"cid:logo\"></p>' where id = 1001",
            {"files": json.dumps(listed)},
        )
    frame = await desk.get("/console/inbox/EMAIL-1001/html")
    assert 'src="data:image/png;base64,' in frame.text
    assert "/api/emails" not in frame.text


async def test_mail_is_corrected_noted_assigned_and_its_history_says_so(desk: Browser) -> None:
    data(await desk.ask("PATCH", "/emails/EMAIL-1001", json={"category": "complaint"}))
    data(await desk.ask("POST", "/emails/EMAIL-1001/notes", json={"content": "Call her back"}), 201)
    data(await desk.ask("POST", "/emails/EMAIL-1001/assign", json={"assignedTo": 1001}))
    page = await desk.get("/console/inbox/EMAIL-1001")
    for expected in ("Complaint", "Call her back", "Asha Rao 1001"):
        assert expected in page.text


async def test_answers_are_suggested_also_without_a_language_model(desk: Browser) -> None:
    part = await desk.get("/console/inbox/EMAIL-1001/suggestions")
    assert part.status_code == 200, part.text
    assert "data-suggestion" in part.text
    assert "Made by rules" in part.text


async def test_draft_is_kept_and_written_on(desk: Browser) -> None:
    box = {
        "name": "Renewals",
        "email": "renewals@example.com",
        "imapServer": "127.0.0.1",
        "smtpServer": "127.0.0.1",
        "password": "x",
    }
    data(await desk.ask("POST", "/email-accounts", json=box), 201)
    body = {"to": ["ravi@example.com"], "subject": "Your question", "body": "Dear Ravi", "draft": "true"}
    draft = data(await desk.ask("POST", "/emails", json=body), 201)["emailId"]
    page = await desk.get("/console/inbox/compose", params={"draft": draft})
    assert "Dear Ravi" in page.text
    assert "Go on writing" in (await desk.get(f"/console/inbox/{draft}")).text


async def test_other_pages_of_the_inbox_open(desk: Browser) -> None:
    for path in (
        "/inbox/figures",
        "/inbox/compose",
        "/mailboxes/new",
        "/mailboxes/1001",
        "/mail-rules",
        "/mail-rules/new",
        "/mail-rules/1001",
        "/bulk-mail/new",
        "/bulk-mail/letters",
        "/bulk-mail/BULK1001",
        "/mail-report",
    ):
        page = await desk.get(f"/console{path}")
        assert page.status_code == 200, page.text
    rules = await desk.get("/console/mail-rules")
    assert "Rule 1001" in rules.text


async def test_rule_is_shown_with_all_that_it_asks_and_does(desk: Browser) -> None:
    data(await desk.ask("POST", "/email-folders", json={"name": "Hail storm"}), 201)
    rule = {
        "name": "Storm damage",
        "conditions": [
            {"field": "subject", "value": "hail"},
            {"field": "from", "operator": "ends_with", "value": "@garage.example"},
        ],
        "actions": [{"type": "star"}, {"type": "move_to_folder", "folder": "hail_storm"}],
    }
    number = data(await desk.ask("POST", "/email-rules", json=rule), 201)["id"]
    listed = (await desk.get("/console/mail-rules")).text
    assert (
        "Subject contains “hail” and Sender ends with “@garage.example” → Star, Move to a folder: Hail storm" in listed
    )
    form = (await desk.get(f"/console/mail-rules/{number}")).text
    for name in ("conditions.0.value", "conditions.1.operator", "actions.0.type", "actions.1.folder"):
        assert f'name="{name}"' in form
    assert (await desk.get("/console/mail-rules/999999")).status_code == 404


async def test_mail_merge_is_switched_on(desk: Browser) -> None:
    page = (await desk.get("/console/bulk-mail/letters")).text
    assert "No letters are attached" in page
    assert "Renewal notice" in page
    data(await desk.ask("PUT", "/mail-merge/config", json={"mailMergeEnabled": True}))
    assert "No letters are attached" not in (await desk.get("/console/bulk-mail/letters")).text


async def test_mail_is_for_those_who_read_it(browser_of: BrowserOf) -> None:
    viewer = await browser_of("viewer")
    for path in ("/inbox", "/inbox/EMAIL-1001", "/inbox/figures", "/mailboxes"):
        assert (await viewer.get(f"/console{path}")).status_code == 403


async def test_owner_of_a_mailbox_signs_in_at_the_vendor_and_comes_back(desk: Browser, resources: Resources) -> None:
    here = resources.settings
    form = await desk.get("/console/mailboxes/new")
    assert "/console/mailboxes/consent</code>" in form.text
    assert 'data-leaves="authorizationUrl"' in form.text
    async with opened(secret=here.sandbox_secret, callback=here.public_url, http_port=0, smtp_port=0) as vendors:
        vendor = f"{vendors.world.address}/oauth/google"
        body = {
            "name": "Desk", "email": "consent@office.example", "provider": "gmail", "oauthClientId": "app", "imapServer": "127.0.0.1",
            "smtpServer": "127.0.0.1", "autoSync": False, "tokenUrl": f"{vendor}/token", "authorizationUrl": f"{vendor}/authorize",
        }  # fmt: skip
        page = data(await desk.ask("POST", "/email-accounts/authorize", json=body))["authorizationUrl"]
        asked = dict(parse_qsl(urlsplit(str(page)).query))
        async with httpx.AsyncClient() as elsewhere:
            back = await elsewhere.post(f"{vendor}/authorize", data=asked | {"choice": "allow"})
        brought = dict(parse_qsl(urlsplit(back.headers["location"]).query))
        connected = await desk.get("/console/mailboxes/consent", params=brought | {"scope": "mail", "authuser": "0"})
        assert [each.status_code for each in connected.history] == [303]
        assert "consent@office.example" in connected.text
        again = await desk.get("/console/mailboxes/consent", params=brought)
    assert (again.status_code, "Begin it again" in again.text) == (409, True)


async def test_opens_and_suggestions_are_shown_with_the_mail(desk: Browser) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update emails set intent = 'price_objection' where id = 1001")
        await db.execute(session, _SENT)
    received = await desk.get("/console/inbox/EMAIL-1001")
    assert "Discount calculation" in received.text
    sent = await desk.get("/console/inbox/EMAIL-2999")
    assert "2 times" in sent.text
    assert "Not yet" in sent.text


_SENT = """
with copy as (
  insert into communication_delivery_status (client_id, communication_type, recipient_contact, status)
  values (1, 'email', 'ravi@example.com', 'opened') returning id
), counted as (
  insert into message_engagement (message_id, client_id, opens, last_opened_at) select id, 1, 2, now() from copy
), sent as (
  update emails set direction = 'outbound', delivery_status = 'sent', compose = '{"trackOpens": true, "trackClicks": true}'
  where id = 2999 returning id
)
insert into email_copies (message_id, email_id, tracked) select copy.id, sent.id, true from copy, sent
"""


async def test_page_has_as_many_mails_as_the_office_wants(desk: Browser) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into emails (client_id, message_id, from_email, to_email, subject, received_at)"
            " select 1, n::text, 'asha@example.com', 'desk@example.com', 'Mail ' || n, now() from generate_series(1, 15) n",
        )
    data(await desk.ask("PUT", "/settings/email", json={"emailsPerPage": 10}))
    page = await desk.get("/console/inbox")
    assert page.text.count('class="pick"') == 10


async def test_figures_and_the_webhook_have_pages(desk: Browser) -> None:
    data(await desk.ask("PATCH", "/emails/EMAIL-1001", json={"status": "in_progress"}))
    for address, expected in (
        ("/console/inbox/renewals", "Who writes most"),
        ("/console/inbox/figures?status=in_progress", "By weekday"),
        ("/console/mail-report", "Hours until resolved"),
        ("/console/mail-webhook", "The webhook is switched off"),
    ):
        page = await desk.get(address)
        assert (page.status_code, expected in page.text) == (200, True), address


async def test_follow_up_stands_on_the_mail_and_is_removed_there(desk: Browser) -> None:
    asked = {"at": "2027-01-05T10:00:00+05:30", "note": "Ask for the form"}
    data(await desk.ask("PATCH", "/emails/EMAIL-1001", json={"scheduledFollowUp": asked}))
    page = await desk.get("/console/inbox/EMAIL-1001")
    assert "unless the customer answers before" in page.text
    assert "Ask for the form" in page.text
    data(await desk.ask("PATCH", "/emails/EMAIL-1001", json={"scheduledFollowUp": None}))
    assert "unless the customer answers before" not in (await desk.get("/console/inbox/EMAIL-1001")).text
