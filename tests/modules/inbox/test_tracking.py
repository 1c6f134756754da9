"""Whether a mail that a person wrote was opened, and its links followed: asked for by its writer, counted, and shown on the mail."""

import email
import email.policy
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.sandbox import pages
from tests.conftest import RunJobs
from tests.factories.mail_server import letter
from tests.modules.inbox.conftest import Desk

TERMS = "https://insurer.example/terms?a=1&b=2"


def left(desk: Desk) -> tuple[str, str | None]:
    """The last mail that left: its text, and its HTML."""
    content = desk.server.outside[-1].content
    assert isinstance(content, bytes)
    mail = email.message_from_bytes(content, EmailMessage, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    return plain.get_content(), html.get_content() if html is not None else None


async def written(desk: Desk, **more: object) -> str:
    """A mail that was sent; its code."""
    body = {
        "to": ["asha@customer.example"],
        "subject": "Your renewal",
        "body": f"Please read {TERMS}.\nThank you",
        **more,
    }
    answer = await desk.admin.post("/api/emails", json={**body, "accountId": desk.account_id})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["data"]["emailId"])


def path(address: str) -> str:
    """An address of ours without its host."""
    return urlsplit(address).path


async def test_opens_and_clicks_of_a_mail_are_counted_and_shown(
    desk: Desk, client: httpx.AsyncClient, clock: FixedClock, run_jobs: RunJobs
) -> None:
    code = await written(desk, trackOpens=True, trackClicks=True)
    text, html = left(desk)
    assert TERMS in text, "whoever reads the text sees the address itself"
    assert html is not None
    page = pages.read(html)
    ((link, words),) = page.links
    (pixel,) = page.pictures
    assert words == TERMS
    before = (await desk.admin.get(f"/api/emails/{code}")).json()["data"]
    assert before["openTracking"] == {"opened": False, "openCount": 0, "lastOpened": None}
    assert before["clickTracking"] == {"clicked": False, "clickCount": 0, "lastClicked": None}
    for _ in range(2):
        for _ in range(2):  # a mail program that loads the picture again within a minute shows the mail once
            assert (await client.get(path(pixel))).status_code == 200
        clock.moment += timedelta(minutes=2)
    followed = await client.get(path(link))
    assert (followed.status_code, followed.headers["location"]) == (302, TERMS)
    await desk.stop_watching()
    await run_jobs()
    mail = (await desk.admin.get(f"/api/emails/{code}")).json()["data"]
    assert (mail["openTracking"]["opened"], mail["openTracking"]["openCount"]) == (True, 2)
    assert (mail["clickTracking"]["clicked"], mail["clickTracking"]["clickCount"]) == (True, 1)
    assert mail["openTracking"]["lastOpened"] < mail["clickTracking"]["lastClicked"]
    (listed,) = await desk.mails(folder="sent")
    assert listed["openTracking"] == mail["openTracking"]


async def test_answer_is_tracked_and_its_copy_in_the_mailbox_is_not(desk: Desk, run_jobs: RunJobs) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "My policy", "Where are the terms?"))
    await desk.sync()
    (mail,) = await desk.mails()
    answer = await desk.admin.post(
        f"/api/emails/{mail['id']}/reply",
        json={
            "replyText": "Here",
            "html": f'<p>Here: <a href="{TERMS}">terms</a></p>',
            "trackOpens": True,
            "trackClicks": True,
        },
    )
    assert answer.status_code == 201, answer.text
    _, html = left(desk)
    assert html is not None
    assert "/api/track/open/" in html
    assert "/api/track/click/" in html
    await desk.stop_watching()
    await run_jobs()
    with desk.server.dovecot.client(desk.email) as box:
        box.select_folder("Sent", readonly=True)
        (copy,) = box.fetch(box.search(), ["RFC822"]).values()
    assert b"insurer.example" in copy[b"RFC822"]
    assert b"/api/track/" not in copy[b"RFC822"]


async def test_mail_is_not_tracked_unless_its_writer_asks(desk: Desk) -> None:
    code = await written(desk)
    text, html = left(desk)
    assert (TERMS in text, html) == (True, None)
    mail = (await desk.admin.get(f"/api/emails/{code}")).json()["data"]
    assert (mail["trackOpens"], mail["openTracking"], mail["clickTracking"]) == (False, None, None)


@pytest.mark.parametrize("asked", ["trackOpens", "trackClicks"])
async def test_office_that_tracks_nothing_refuses_it(desk: Desk, asked: str) -> None:
    off = await desk.admin.put("/api/settings/campaigns", json={"trackingEnabled": False})
    assert off.status_code == 200, off.text
    body = {"to": ["asha@customer.example"], "subject": "Renewal", "body": "Hello", asked: True}
    refused = await desk.admin.post("/api/emails", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "tracking_off")
    assert desk.server.outside == []


async def test_answer_that_quotes_our_mail_does_not_open_it_here(desk: Desk) -> None:
    await written(desk, trackOpens=True)
    _, html = left(desk)
    assert html is not None
    (pixel,) = pages.read(html).pictures
    answer = letter("asha@customer.example", desk.email, "Re: Your renewal", "Yes")
    proxied = f"https://proxy.example/s0-d-e1#{pixel}"
    answer.add_alternative(
        f'<p>Yes</p><blockquote>{html}<img src="{proxied}"><img src="https://bank.example/logo.png"></blockquote>',
        subtype="html",
    )
    await desk.server.send(answer)
    await desk.sync()
    (mail,) = await desk.mails(folder="inbox")
    for images, blocked in (("true", 0), ("false", 1)):
        shown = (await desk.admin.get(f"/api/emails/{mail['id']}", params={"images": images})).json()["data"]
        assert "/api/track/open/" not in shown["html"]
        assert ("bank.example" in shown["html"], shown["blockedImages"]) == (images == "true", blocked)
