"""Mailboxes at a real IMAP server: what is there is here once, and what is gone stays gone."""

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
