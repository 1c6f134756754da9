"""Mailboxes at a real IMAP server: what is there is here once, and what is gone stays gone."""

import asyncio

import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.settings import settings
from py360.kit.vendor import VendorError
from py360.modules.inbox.sync import pull
from py360.modules.inbox.vendors.imap import ImapMailbox
from py360.modules.providers.api import MailboxSettings
from tests.factories.mail_server import letter
from tests.modules.inbox.conftest import Desk


async def test_mail_sent_to_the_mailbox_is_listed_read_and_answered(desk: Desk) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "Renewal of my car policy", "Please renew it."))
    assert (await desk.sync()).added == 1
    (mail,) = await desk.mails()
    assert (mail["from"], mail["subject"], mail["isRead"]) == (
        "asha@customer.example",
        "Renewal of my car policy",
        False,
    )
    read = (await desk.admin.get(f"/api/emails/{mail['id']}")).json()["data"]
    assert read["body"].strip() == "Please renew it."
    answer = await desk.admin.post(f"/api/emails/{mail['id']}/reply", json={"replyText": "It is renewed."})
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["status"] == "sent"
    (sent,) = desk.server.outside
    assert sent.rcpt_tos == ["asha@customer.example"]
    assert b"It is renewed." in sent.content
    assert f"In-Reply-To: {read['messageId']}".encode() in sent.content
    thread = (await desk.admin.get(f"/api/emails/{mail['id']}/thread")).json()["data"]["emails"]
    assert [each["direction"] for each in thread] == ["inbound", "outbound"]
    assert thread[0]["status"] == "in_progress"


async def test_second_pass_adds_nothing(desk: Desk) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "One", "Text"))
    assert (await desk.sync()).added == 1
    assert (await desk.sync()).added == 0
    assert len(await desk.mails()) == 1


async def test_mail_deleted_at_the_server_stays_deleted(desk: Desk) -> None:
    for subject in ("Stays", "Goes"):
        await desk.server.send(letter("asha@customer.example", desk.email, subject, "Text"))
    await desk.sync()
    with desk.server.dovecot.client(desk.email) as client:
        client.select_folder("INBOX")
        client.delete_messages(client.search(["SUBJECT", "Goes"]))
        client.expunge()
    assert (await desk.sync()).removed == 1
    assert [each["subject"] for each in await desk.mails()] == ["Stays"]
    assert [each["subject"] for each in await desk.mails(folder="trash")] == ["Goes"]
    assert (await desk.sync()).added == 0


async def test_mail_moved_at_the_server_moves_here(desk: Desk) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "Moves", "Text"))
    await desk.sync()
    with desk.server.dovecot.client(desk.email) as client:
        client.select_folder("INBOX")
        client.move(client.search(["SUBJECT", "Moves"]), "Archive")
    done = await desk.sync()
    assert (done.added, done.removed) == (0, 0)
    assert [each["folder"] for each in await desk.mails()] == ["archive"]


async def test_renumbered_folder_doubles_and_loses_nothing(desk: Desk) -> None:
    for number in range(5):
        await desk.server.send(letter("asha@customer.example", desk.email, f"Mail {number}", "Text"))
    await desk.sync()
    async with unit_of_work() as session:  # as after a restore of the mail server: another UIDVALIDITY
        await db.execute(session, "update email_sync_folders set uid_validity = 1 where folder = 'inbox'")
    await desk.server.send(letter("asha@customer.example", desk.email, "Mail 5", "Text"))
    done = await desk.sync()
    assert (done.added, done.removed) == (1, 0)
    assert sorted(str(each["subject"]) for each in await desk.mails()) == [f"Mail {number}" for number in range(6)]


async def test_mail_read_in_another_program_is_read_here(desk: Desk) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "Seen elsewhere", "Text"))
    await desk.sync()
    with desk.server.dovecot.client(desk.email) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search(["ALL"]), [b"\\Seen", b"\\Flagged"])
    assert (await desk.sync()).flags == 1
    (mail,) = await desk.mails()
    assert (mail["isRead"], mail["starred"]) == (True, True)


BROKEN = (
    b"From: asha@customer.example\r\nSubject: =?bogus?Q?x?= 1\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
    b"From: asha@customer.example\r\nSubject: 2\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nh\xe9llo \x00 there",
    b"Subject: 3\r\n\r\nno sender at all",
    b"From: a@customer.example\r\nSubject: 4\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    + b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(3_000)),
    b"From: a@customer.example\r\nSubject: 5\r\nContent-Type: text/html\r\n\r\n" + b"<div>" * 50_000,
    # a charset whose decoder works for hours on a text of this length
    b"From: a@customer.example\r\nSubject: 6\r\nContent-Type: text/plain; charset=punycode\r\n\r\n"
    + b"a-"
    + b"9a" * 3_000_000,
    # halves of characters and NULs, in the text, in headers and in the name of a file
    b"From: =?utf-7?Q?+2AA-?= <a@customer.example>\r\nSubject: =?utf-7?Q?+2AA-?= 7\r\nMessage-ID: <\x00+2AA-@x>\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-7\r\n\r\nC:\\u0000 +2AA-"
    b'\r\n--b\r\nContent-ID: <\x00=?utf-7?Q?+2AA-?=>\r\nContent-Disposition: attachment; filename="=?utf-7?Q?+2AA-?=.txt"\r\n\r\ntext'
    b"\r\n--b--\r\n",
    # a report that a mail did not arrive, with NULs in what it says
    b"From: a@customer.example\r\nSubject: 8\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a\x00@b.in\r\n"
    b"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 no\x00 \xff\r\n\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <\x00@x>\r\n\r\ntext\r\n--b--\r\n",
    # headers in UTF-8 as they are (RFC 6532), a line's end within an address, and more recipients than are kept
    'From: "\u0906\u0936\u093e \u0930\u093e\u0935" <"a\\\r\n b"@customer.example>\r\nSubject: \u0928\u0935\u0940\u0928\u0940\u0915\u0930\u0923 9\r\nTo: '.encode()
    + b",\r\n ".join(b"c%d@x.in" % number for number in range(900))
    + b"\r\n\r\nText",
)


async def test_damaged_mails_are_kept_and_stop_nothing(desk: Desk) -> None:
    for content in BROKEN:
        desk.server.dovecot.deliver(desk.email, content)
    await desk.server.send(letter("asha@customer.example", desk.email, "Whole", "Text"))
    assert (await desk.sync()).added == len(BROKEN) + 1
    found = {str(each["subject"])[-1]: each for each in await desk.mails()}
    assert found.keys() == {*"123456789", "e"}
    assert "too many parts" in str(found["4"]["problem"])
    assert (found["9"]["subject"], found["9"]["fromName"]) == ("नवीनीकरण 9", "आशा राव")
    assert (found["9"]["from"], len(found["9"]["to"])) == ('"a b"@customer.example', 200)  # type: ignore[arg-type]  # the row of a list is free JSON
    assert found["9"]["problem"] == "The mail has more than 200 recipients. The first 200 are kept."
    refused = await desk.admin.post(f"/api/emails/{found['9']['id']}/reply", json={"replyText": "Hello"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "no_recipient")
    read = (await desk.admin.get(f"/api/emails/{found['7']['id']}")).json()["data"]
    assert read["body"].startswith(r"C:\u0000 ")
    assert [each["name"] for each in read["attachments"]] == ["?.txt"]


@pytest.mark.slow
async def test_wrong_password_is_reported_and_other_mailboxes_go_on(desk: Desk) -> None:
    account = desk.server.account(f"other-{desk.email}", password="wrong")
    made = await desk.admin.post("/api/email-accounts", json=account)
    number = made.json()["data"]["id"]
    done = await pull.sync(number)
    assert done is not None
    assert done.refused
    shown = (await desk.admin.get(f"/api/email-accounts/{number}")).json()["data"]
    assert shown["status"] == "error"
    assert "does not take the user name and password" in shown["statusReason"]
    tested = await desk.admin.post(f"/api/email-accounts/{number}/test")
    assert tested.json()["data"]["success"] is False
    assert (await desk.admin.post(f"/api/email-accounts/{desk.account_id}/test")).json()["data"]["success"] is True
    assert (await desk.sync()).error is None


async def test_no_connection_is_opened_to_a_server_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the name led elsewhere when it was saved."""
    monkeypatch.setenv("PY360_VENDOR_NETWORKS", "")
    settings.cache_clear()
    callers = []
    inside = await asyncio.start_server(lambda reader, writer: callers.append(writer), "127.0.0.1", 0)
    port = inside.sockets[0].getsockname()[1]
    for use_ssl in (True, False):
        mailbox = ImapMailbox(
            MailboxSettings(
                imap_server="localhost", imap_port=port, smtp_server="localhost", username="a", password="b",
                use_ssl=use_ssl, from_email="a@b.in", from_name="A",
            )
        )  # fmt: skip
        with pytest.raises(VendorError, match="private network"):
            await asyncio.to_thread(mailbox.open)
    assert callers == []
    inside.close()


async def test_unreachable_server_is_reported(desk: Desk) -> None:
    account = desk.server.account(f"away-{desk.email}", imapPort=1)
    number = (await desk.admin.post("/api/email-accounts", json=account)).json()["data"]["id"]
    done = await pull.sync(number)
    assert done is not None
    assert "cannot be reached" in str(done.error)
