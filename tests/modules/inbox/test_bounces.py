"""What comes back: bounces reach the ledger, the suppression list and the author; answers stand in the mailbox's own Sent folder."""

import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.inbox.ingest import html
from tests.conftest import RunJobs
from tests.factories.mail_server import bounce, letter
from tests.modules.inbox.conftest import Desk

TO = "asha@customer.example"


async def message_to(client_id: int, address: str) -> int:
    """A message of ours that left yesterday; its number in the ledger."""
    async with unit_of_work() as session:
        return await db.fetch_only(
            session, int,
            "insert into communication_delivery_status (client_id, communication_type, recipient_contact, status, sent_at, subject)"
            " values (%(client)s, 'email', %(to)s, 'sent', now() - interval '1 day', 'Renew') returning id",
            {"client": client_id, "to": address},
        )  # fmt: skip


async def status_of(number: int) -> tuple[str, str | None]:
    async with unit_of_work() as session:
        status = await db.fetch_only(
            session, str, "select status || ' ' || coalesce(error_code, '') from communication_delivery_status where id = %(id)s",
            {"id": number},
        )  # fmt: skip
    first, _, code = status.partition(" ")
    return first, code or None


async def suppressed(client_id: int) -> list[str]:
    async with unit_of_work() as session:
        return await db.fetch_all(
            session, str, "select contact from suppressions where client_id = %(client)s and reason = 'hard_bounce'",
            {"client": client_id},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "action", "becomes", "is_suppressed"),
    [("5.1.1", "failed", "bounced", True), ("5.2.1", "failed", "bounced", True), ("5.2.2", "failed", "failed", False),
     ("5.1.0 Sender address rejected", "failed", "failed", False), ("5.7.1", "failed", "failed", False), ("4.4.1", "failed", "failed", False), ("4.4.1", "delayed", "sent", False)],
)  # fmt: skip
async def test_a_bounce_moves_its_message_and_suppresses_an_address_that_does_not_exist(
    desk: Desk, client_id: int, status: str, action: str, becomes: str, is_suppressed: bool
) -> None:
    number = await message_to(client_id, TO)
    code, _, words = status.partition(" ")
    for _ in range(2):  # mail servers repeat themselves
        desk.server.dovecot.deliver(
            desk.email,
            bounce(desk.email, TO, f"<email-msg-{number}@office.example>", code, action, words or "User unknown"),
        )
    await desk.sync()
    assert (await status_of(number))[0] == becomes
    assert await suppressed(client_id) == ([TO] if is_suppressed else [])
    for mail in await desk.mails():
        assert (mail["status"], mail["priority"]) == ("new", "medium")  # a program's mail is not escalated


async def test_a_bounce_that_names_no_message_of_its_address_changes_nothing(desk: Desk, client_id: int) -> None:
    number = await message_to(client_id, TO)
    for failed, message_id in (
        ("ravi@customer.example", f"<email-msg-{number}@office.example>"),
        (TO, "<1@elsewhere.example>"),
    ):
        desk.server.dovecot.deliver(desk.email, bounce(desk.email, failed, message_id))
    await desk.sync()
    assert (await status_of(number))[0] == "sent"
    assert await suppressed(client_id) == []


async def test_an_answer_is_in_the_sent_folder_once_and_its_bounce_is_reported(
    desk: Desk, client_id: int, run_jobs: RunJobs
) -> None:
    await desk.server.send(letter(TO, desk.email, "Question", "When?"))
    await desk.sync()
    (mail,) = await desk.mails()
    answer = await desk.admin.post(f"/api/emails/{mail['id']}/reply", json={"replyText": "Tomorrow."})
    assert answer.status_code == 201, answer.text
    await desk.stop_watching()
    await run_jobs()
    with desk.server.dovecot.client(desk.email) as client:
        client.select_folder("Sent", readonly=True)
        (uid,) = client.search(["ALL"])
        content = client.fetch([uid], ["BODY[]"])[uid][b"BODY[]"]
    assert b"Tomorrow." in content
    (sent,) = desk.server.outside
    assert content.partition(b"Message-ID: ")[2].partition(b"\r\n")[0] in sent.content
    await desk.sync()
    assert len(await desk.mails(folder="sent")) == 1
    (own,) = await desk.mails(folder="sent")
    async with unit_of_work() as session:
        message_id = await db.fetch_only(session, str, "select message_id from emails where direction = 'outbound'")
    desk.server.dovecot.deliver(desk.email, bounce(desk.email, TO, message_id))
    await desk.sync()
    audit = (await desk.admin.get(f"/api/emails/{own['id']}/audit")).json()["data"]
    assert "bounced" in str(audit)
    assert await suppressed(client_id) == [TO]
    notices = (await desk.admin.get("/api/notifications")).json()["data"]["notifications"]
    assert notices[0]["title"] == "A mail came back: Re: Question"


def test_styling_that_stays_open_is_not_multiplied_by_the_paragraphs() -> None:
    """A parser opens it again in each paragraph: of these 30 KB it would make 60 MB."""
    for opened in ("<b id={}></i>", "<b\tid={}></u>", "<a href='https://a.example/{}'><!--</a>-->"):
        mail = f"<p>{''.join(opened.format(at) for at in range(1_000))}</p>{'<p>x</p>' * 1_000}"
        assert len(html.sanitized(mail)) < 4 * len(mail)
        assert html.text_of(mail).count("x") >= 1_000
    rows = [f"<tr><td><a href='https://a.example/{at}'>Case {at}</a></td><td><b>Due</b></td></tr>" for at in range(900)]
    kept = html.sanitized(f"<table>{''.join(rows)}</table>")
    assert (kept.count('<a href="https://a.example/'), kept.count("<b>Due</b>"), kept.count("nofollow")) == (900,) * 3


async def test_forty_megabytes_and_a_nested_bomb_are_bounded_and_reported(desk: Desk) -> None:
    big = letter(TO, desk.email, "Forty megabytes", "See the file.").as_bytes().replace(b"\n", b"\r\n")
    desk.server.dovecot.deliver(desk.email, big + b"0123456789abcdef" * 64 * (40 << 10))
    nested = b"From: a@customer.example\r\nSubject: Bomb\r\nContent-Type: message/rfc822\r\n\r\n" * 5_000
    desk.server.dovecot.deliver(desk.email, nested)
    await desk.server.send(letter(TO, desk.email, "Small", "Text"))
    assert (await desk.sync()).added == 3
    found = {str(each["subject"]): each for each in await desk.mails()}
    assert (
        found["Forty megabytes"]["problem"]
        == "The mail has 40 MB. Only its beginning was read; open it in the mailbox for the rest."
    )
    assert "too many parts in one another" in str(found["Bomb"]["problem"])
    assert found["Small"]["problem"] is None
