"""What the mailbox is for, from a customer's mail program to the desk and back."""

import asyncio

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.compliance import api as compliance
from py360.modules.inbox.sync.watch import Watcher
from tests.conftest import RunJobs
from tests.factories.mail_server import letter
from tests.modules.inbox.conftest import Desk


async def open_case(admin: httpx.AsyncClient, email: str, number: str) -> str:
    """A customer with a policy that falls due; the code of its case."""
    customer = await admin.post("/api/customers", json={"firstName": "Asha", "lastName": "Rao", "email": email})
    assert customer.status_code == 201, customer.text
    policy = {
        "policyNumber": number, "customerId": customer.json()["data"]["id"], "policyType": "motor", "productName": "Motor",
        "premium": "12000.00", "startDate": "2026-01-01", "endDate": "2026-12-20",
    }  # fmt: skip
    made = await admin.post("/api/policies", json=policy)
    assert made.status_code == 201, made.text
    case = await admin.post("/api/cases", json={"policyNumber": number})
    assert case.status_code == 201, case.text
    return str(case.json()["data"]["caseId"])


async def test_mail_is_classified_threaded_and_linked_to_its_case_and_the_answer_arrives(desk: Desk) -> None:
    case = await open_case(desk.admin, "asha@customer.example", "MOT/2026/0042")
    first = letter(
        "Asha Rao <asha@customer.example>",
        desk.email,
        "Renewal",
        "Please renew my car policy MOT/2026/0042 for another year.",
    )
    await desk.server.send(first)
    watcher = asyncio.create_task(Watcher(60).run())
    try:
        async with asyncio.timeout(50):
            while not (found := await desk.mails()):
                await asyncio.sleep(0.1)
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)
    (mail,) = found
    assert (mail["caseId"], mail["policyNumber"]) == (case, "MOT/2026/0042")
    assert (mail["intent"], mail["language"]) == ("renewal_request", "en")
    again = letter(
        "asha@customer.example", desk.email, "Re: Renewal", "Any news?", In_Reply_To=str(first["Message-ID"])
    )
    await desk.server.send(again)
    await desk.sync()
    thread = (await desk.admin.get(f"/api/emails/{mail['id']}/thread")).json()["data"]["emails"]
    assert len(thread) == 2
    assert {each["caseId"] for each in thread} == {case}
    answer = await desk.admin.post(f"/api/emails/{mail['id']}/reply", json={"replyText": "It is renewed, Asha."})
    assert answer.status_code == 201, answer.text
    assert b"It is renewed, Asha." in desk.server.outside[-1].content


async def test_angry_mail_in_hinglish_escalates(desk: Desk, run_jobs: RunJobs) -> None:
    await desk.server.send(
        letter(
            "ravi@customer.example",
            desk.email,
            "Ghatiya service",
            "Itni ghatiya service maine kabhi nahi dekhi. Teen baar complaint ki, koi jawab nahi. Mera paisa turant wapas karo"
            " warna consumer court jaunga!",
        )
    )
    await desk.sync()
    (mail,) = await desk.mails()
    assert (mail["status"], mail["priority"], mail["language"]) == ("escalated", "urgent", "hinglish")
    assert mail["sentiment"]["overall"] == "negative"
    assert "anger" in {each["emotion"] for each in mail["sentiment"]["emotions"]}
    read = (await desk.admin.get(f"/api/emails/{mail['id']}")).json()["data"]
    assert read["notes"][0]["author"] == "System"
    assert read["notes"][0]["content"].startswith("Escalated: ")


async def test_stop_in_a_mail_reply_stops_email(desk: Desk, client_id: int) -> None:
    await desk.server.send(
        letter(
            "asha@customer.example", desk.email, "Re: Your renewal", "STOP\n\nOn Monday, Renewals desk wrote:\n> Hello"
        )
    )
    await desk.sync()
    async with unit_of_work() as session:
        assert await compliance.has_opted_out(session, client_id, "email", "asha@customer.example")
    (mail,) = await desk.mails()
    answer = await desk.admin.post(f"/api/emails/{mail['id']}/reply", json={"replyText": "Sorry to see you go."})
    assert answer.status_code == 409, answer.text
    assert "unsubscribed" in answer.json()["error"]["message"]
    assert desk.server.outside == []


async def test_only_what_a_customer_wrote_themselves_stops_email(desk: Desk, client_id: int) -> None:
    """Below the quoted mail, between its lines, or above it, whichever language says whose mail it is."""
    stops = {
        "below": "On Monday, Renewals desk <desk@office.example> wrote:\n> Hello\n> again\n\nSTOP",
        "between": "> Hello\nSTOP\n> again",
        "german": "STOP\n\nAm Do., 26. Nov. 2026 um 10:00 Uhr schrieb Desk <desk@office.example>:\n> Hello",
    }
    others = {
        "marathi": "ok\n\nगुरु, २६ नोव्हें, २०२६ रोजी Desk <desk@office.example> ने लिहिले:\n\nSTOP",
        "outlook": "ok\n\nप्रेषक: Desk <desk@office.example>\nविषय: Due\n\nSTOP",
        "zoho": "ok\n\n---- On Thu, 26 Nov 2026 10:00:00 +0530 Desk <desk@office.example> wrote ----\n\nSTOP",
        "dashes": "ok\n--- Original Message ---\nSTOP",
        "quoted": "I will pay\n\nOn Monday, Desk <desk@office.example> wrote:\n> STOP",
    }
    for name, text in (stops | others).items():
        await desk.server.send(letter(f"{name}@customer.example", desk.email, "Re: Your renewal", text))
    await desk.sync()
    async with unit_of_work() as session:
        for name in stops | others:
            stopped = await compliance.has_opted_out(session, client_id, "email", f"{name}@customer.example")
            assert stopped is (name in stops), name


async def test_answer_to_a_message_of_ours_counts_as_replied(desk: Desk, client_id: int) -> None:
    async with unit_of_work() as session:
        number = await db.fetch_only(
            session,
            int,
            "insert into communication_delivery_status (client_id, communication_type, recipient_contact, status, sent_at, subject)"
            " values (%(client)s, 'email', 'asha@customer.example', 'sent', now() - interval '1 day', 'Renew') returning id",
            {"client": client_id},
        )
    mail = letter(
        "asha@customer.example",
        desk.email,
        "Re: Renew",
        "Yes please",
        References=f"<email-msg-{number}@office.example>",
    )
    stranger = letter(
        "eve@elsewhere.example", desk.email, "Re: Renew", "STOP", References=f"<email-msg-{number}@office.example>"
    )
    await desk.server.send(stranger)
    await desk.server.send(mail)
    await desk.sync()
    async with unit_of_work() as session:
        status = await db.fetch_only(
            session, str, "select status from communication_delivery_status where id = %(id)s", {"id": number}
        )
        assert not await compliance.has_opted_out(session, client_id, "email", "asha@customer.example")
    assert status == "replied"


async def test_stranger_who_quotes_a_conversation_is_not_in_it(desk: Desk) -> None:
    first = letter("asha@customer.example", desk.email, "My policy", "Please call me.")
    await desk.server.send(first)
    await desk.server.send(
        letter(
            "eve@elsewhere.example", desk.email, "Re: My policy", "Send it to me.", References=str(first["Message-ID"])
        )
    )
    await desk.sync()
    threads = {each["from"]: each["threadId"] for each in await desk.mails()}
    assert threads["asha@customer.example"] != threads["eve@elsewhere.example"]
