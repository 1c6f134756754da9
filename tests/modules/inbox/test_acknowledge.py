"""Customers' first mails are answered at once where the office wants it: arrived, and by when they are answered."""

import email

from tests.conftest import RunJobs
from tests.factories.mail_server import letter
from tests.modules.inbox.conftest import Desk


async def switched_on(desk: Desk) -> None:
    """The office wants it."""
    answer = await desk.admin.put("/api/settings/email", json={"autoAcknowledge": True})
    assert answer.status_code == 200, answer.text
    await desk.stop_watching()


async def test_first_mail_is_answered_once_with_the_time_and_counted(desk: Desk, run_jobs: RunJobs) -> None:
    await switched_on(desk)
    first = letter("asha@customer.example", desk.email, "My policy", "Please renew my policy.")
    await desk.server.send(first)
    await desk.sync()
    await run_jobs()
    (sent,) = desk.server.outside
    mail = email.message_from_bytes(sent.content)
    assert (sent.rcpt_tos, mail["Auto-Submitted"]) == (["asha@customer.example"], "auto-replied")
    assert (mail["Subject"], mail["In-Reply-To"]) == ("Re: My policy", first["Message-ID"])
    (arrived,) = await desk.mails(folder="inbox")
    assert arrived["status"] == "new", "it still waits for a person's answer"
    assert str(arrived["id"]) in mail.get_payload(decode=True).decode()
    await desk.server.send(letter("asha@customer.example", desk.email, "Another question", "Please call."))
    await desk.sync()
    await run_jobs()
    assert len(desk.server.outside) == 1, "a writer gets one a day"
    report = (await desk.admin.get("/api/emails/analytics", params={"range": "7days"})).json()["data"]
    assert report["automation"]["autoResponses"] == 1


async def test_programs_and_our_own_mailboxes_get_no_answer(desk: Desk, run_jobs: RunJobs) -> None:
    await switched_on(desk)
    await desk.server.send(
        letter("ravi@customer.example", desk.email, "Away", "Back soon", Auto_Submitted="auto-replied")
    )
    await desk.server.send(letter("no-reply@shop.example", desk.email, "Offer", "Buy"))
    await desk.server.send(letter(desk.email, desk.email, "To myself", "Note"))
    await desk.sync()
    await run_jobs()
    assert desk.server.outside == []


async def test_no_answer_unless_the_office_wants_it(desk: Desk, run_jobs: RunJobs) -> None:
    await desk.stop_watching()
    await desk.server.send(letter("asha@customer.example", desk.email, "My policy", "Please renew my policy."))
    await desk.sync()
    await run_jobs()
    assert desk.server.outside == []


async def test_mail_that_only_says_stop_is_resolved_by_obeying_it(desk: Desk) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "Re: Your renewal", "STOP"))
    await desk.server.send(
        letter(
            "ravi@customer.example",
            desk.email,
            "Re: Your renewal",
            "Unsubscribe me, and where is the refund you owe me?",
        )
    )
    await desk.sync()
    status = {mail["from"]: mail["status"] for mail in await desk.mails()}
    assert status["asha@customer.example"] == "resolved"
    assert status["ravi@customer.example"] != "resolved", "a person reads what says more"
    report = (await desk.admin.get("/api/emails/analytics", params={"range": "7days"})).json()["data"]
    assert report["automation"]["autoResolutionRate"] == 100.0
