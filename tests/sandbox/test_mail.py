"""The mail relay: login, refusals, Mailgun's events, and readers who open, click and unsubscribe."""

import hashlib
import hmac
import json
from email.message import EmailMessage

import aiosmtplib
import pytest

from .conftest import SECRET, Call, Receiver, Sandbox

pytestmark = pytest.mark.asyncio


def letter(receiver: Receiver, to: str = "asha@mail.example") -> EmailMessage:
    """A renewal mail as ours look: an open pixel, a tracked link, one-click unsubscribe."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Renewals <renewals@py360.example>", to, "Your policy"
    mail["Message-ID"] = "<m1@py360.example>"
    mail["List-Unsubscribe"] = f"<{receiver.url}/u/TOKEN>, <mailto:stop@py360.example>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content("Please renew.")
    mail.add_alternative(
        f'<p>Dear Asha</p><a href="https://elsewhere.example/">Our site</a> <a href="{receiver.url}/c/1">Pay now</a>'
        f'<a href="{receiver.url}/u/TOKEN">Unsubscribe</a><img src="{receiver.url}/o/1.gif">',
        subtype="html",
    )
    return mail


async def send(sandbox: Sandbox, mail: EmailMessage, password: str = SECRET) -> None:
    """Send as our SMTP sender would."""
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sandbox.smtp_port, use_tls=False, start_tls=False) as smtp:
        await smtp.login("sandbox", password)
        await smtp.send_message(mail)


def checked(call: Call) -> dict:
    """The event, after its signature was verified as Mailgun's documents say."""
    body = json.loads(call.body)
    signed = body["signature"]
    text = signed["timestamp"] + signed["token"]
    assert signed["signature"] == hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest()
    return body["event-data"]


async def events(sandbox: Sandbox, receiver: Receiver) -> list[dict]:
    """The events sent once all is quiet."""
    await sandbox.drain()
    return [checked(call) for call in receiver.to("/api/webhooks/email/mailgun")]


async def test_a_mail_is_delivered_opened_and_clicked_as_a_reader_would(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain(email={"opened": 1, "clicked": 1})
    await send(sandbox, letter(receiver))
    [event] = await events(sandbox, receiver)
    assert (event["event"], event["recipient"]) == ("delivered", "asha@mail.example")
    assert event["message"]["headers"]["message-id"] == "m1@py360.example"
    assert len(receiver.to("/o/1.gif")) == 1
    assert len(receiver.to("/c/1")) == 1
    assert not receiver.to("/u/TOKEN")
    counts = (await sandbox.counts())["email"]
    assert {name: number for name, number in counts.items() if number} == {
        "accepted": 1,
        "delivered": 1,
        "opened": 1,
        "clicked": 1,
    }


async def test_unsubscribe_is_one_click(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain(email={"stopped": 1})
    await send(sandbox, letter(receiver))
    await sandbox.drain()
    [call] = receiver.to("/u/TOKEN")
    assert (call.method, call.body) == ("POST", b"List-Unsubscribe=One-Click")


async def test_bounces_delays_and_complaints(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain(email={"failed": 1})
    await send(sandbox, letter(receiver))
    [bounce] = await events(sandbox, receiver)
    assert (bounce["event"], bounce["severity"], bounce["delivery-status"]["code"]) == ("failed", "permanent", 550)
    receiver.calls.clear()
    await sandbox.certain(email={"deferred": 1, "complained": 1})
    await send(sandbox, letter(receiver))
    told = await events(sandbox, receiver)
    assert [event["event"] for event in told] == ["failed", "delivered", "complained"]
    assert told[0]["severity"] == "temporary"


async def test_the_relay_refuses_what_relays_refuse(sandbox: Sandbox, receiver: Receiver) -> None:
    await sandbox.certain(refusedContacts=["bad@mail.example"])
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await send(sandbox, letter(receiver), password="wrong")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(sandbox, letter(receiver, to="bad@mail.example"))
    assert refusal.value.recipients[0].code == 550
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sandbox.smtp_port, use_tls=False, start_tls=False) as smtp:
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as stranger:
            await smtp.send_message(letter(receiver))
    assert stranger.value.code == 530
