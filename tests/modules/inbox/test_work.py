"""Work on mails: rules, folders, drafts, schedules, bulk actions, bulk mail."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.sandbox import pages
from tests.conftest import RunJobs
from tests.factories.mail_server import letter
from tests.modules.conftest import Sandbox
from tests.modules.inbox.conftest import Desk


async def test_junk_makes_a_rule_for_its_sender(desk: Desk) -> None:
    await desk.server.send(letter("shop@ads.example", desk.email, "Offer", "Buy"))
    await desk.sync()
    (mail,) = await desk.mails()
    assert (await desk.admin.post(f"/api/emails/{mail['id']}/junk")).status_code == 200
    await desk.server.send(letter("shop@ads.example", desk.email, "Another offer", "Buy"))
    await desk.sync()
    assert await desk.mails(folder="inbox") == []
    assert len(await desk.mails(folder="junk")) == 2


async def test_remote_images_are_left_out_until_asked_for(desk: Desk) -> None:
    mail = letter("asha@customer.example", desk.email, "Picture", "Text")
    mail.add_alternative(
        "<p onclick='x()'>Hi<script>alert(1)</script><img src='https://t.example/1.png'></p>", subtype="html"
    )
    await desk.server.send(mail)
    await desk.sync()
    (found,) = await desk.mails()
    read = (await desk.admin.get(f"/api/emails/{found['id']}")).json()["data"]
    assert read["blockedImages"] == 1
    assert "t.example" not in read["html"]
    assert "script" not in read["html"]
    shown = (await desk.admin.get(f"/api/emails/{found['id']}", params={"images": "true"})).json()["data"]
    assert "https://t.example/1.png" in shown["html"]


ELSEWHERE = [
    "https://t.example/1.png", "h\tttps://t.example/2.png", "//t.example/3.png", r"\\t.example\4.png", r"/\t.example/5.png",
    "/\n/t.example/6.png", "\x01https://t.example/7.png", "HTTPS:t.example/8.png", "/api/health",
]  # fmt: skip


async def test_no_spelling_of_a_remote_image_is_loaded(desk: Desk) -> None:
    mail = letter("asha@customer.example", desk.email, "Pictures", "Text")
    pictures = "".join(f'<img src="{address}">' for address in ELSEWHERE)
    mail.add_alternative(f'<p>Hi {pictures} <img src="CID:own"></p>', subtype="html")
    await desk.server.send(mail)
    await desk.sync()
    (found,) = await desk.mails()
    read = (await desk.admin.get(f"/api/emails/{found['id']}")).json()["data"]
    assert read["html"].count("src=") == 1
    assert read["blockedImages"] == len(ELSEWHERE)


async def test_scheduled_mail_is_taken_back(desk: Desk) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"to": ["asha@customer.example"], "subject": "Later", "body": "Hello", "scheduledAt": later}
    made = await desk.admin.post("/api/emails", json={**body, "accountId": desk.account_id})
    assert made.json()["data"]["status"] == "scheduled", made.text
    code = made.json()["data"]["emailId"]
    assert (await desk.admin.delete(f"/api/emails/scheduled/{code}")).status_code == 200
    assert [each["deliveryStatus"] for each in await desk.mails(folder="drafts")] == ["draft"]
    assert desk.server.outside == []


async def test_too_many_recipients_are_refused_by_number(desk: Desk) -> None:
    to = [f"c{number}@customer.example" for number in range(40)]
    answer = await desk.admin.post(
        "/api/emails", json={"to": to, "cc": [f"x{each}" for each in to], "subject": "All", "body": "Hi"}
    )
    assert answer.status_code in (400, 422), answer.text
    assert "50" in answer.text
    pasted = await desk.admin.post("/api/emails/bulk/recipients/import", json={"text": "a@b.in\n" * 20_001})
    assert (pasted.status_code, pasted.json()["error"]["code"]) == (422, "too_many_lines")


async def test_answer_to_all_goes_to_every_address_or_names_the_one_that_is_none(desk: Desk) -> None:
    team = [f"colleague.number{number}@a-long-name.customer.example" for number in range(12)]
    mail = letter("asha@customer.example", f"{desk.email}, {', '.join(team)}", "All of us", "Hello")
    await desk.server.send(mail)
    broken = b"From: nobody in particular\r\nTo: desk\r\nSubject: Nobody\r\nMessage-ID: <n@x>\r\n\r\nHello"
    with desk.server.dovecot.client(desk.email) as client:
        client.append("INBOX", broken)
    await desk.sync()
    codes = {each["subject"]: each["id"] for each in await desk.mails()}
    desk.server.outside.clear()
    answer = {"replyText": "To all of you.", "replyAll": True}
    assert (await desk.admin.post(f"/api/emails/{codes['All of us']}/reply", json=answer)).status_code == 201
    assert sorted(each.rcpt_tos[0] for each in desk.server.outside) == sorted(["asha@customer.example", *team])
    refused = await desk.admin.post(f"/api/emails/{codes['Nobody']}/reply", json={"replyText": "Who are you?"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "no_recipient")


async def test_several_mails_are_worked_on_at_once(desk: Desk) -> None:
    for number in range(3):
        await desk.server.send(letter(f"c{number}@customer.example", desk.email, f"Mail {number}", "Text"))
    await desk.sync()
    ids = [each["id"] for each in await desk.mails()]
    done = await desk.admin.post("/api/emails/bulk-actions", json={"ids": [*ids, "EMAIL-999999"], "action": "resolve"})
    assert (done.json()["data"]["succeeded"], done.json()["data"]["failed"]) == (3, 1)
    figures = (await desk.admin.get("/api/emails/dashboard")).json()["data"]
    assert figures["cards"]["resolved"] == 3
    report = (await desk.admin.get("/api/emails/analytics", params={"range": "7days"})).json()["data"]
    assert report["overview"]["resolvedEmails"]["value"] == 3
    assert (await desk.admin.get("/api/emails/analytics/export")).text.startswith("\ufeffSection,Figure,Value")
    assert (await desk.admin.get("/api/emails/renewal-stats")).status_code == 200


async def test_bulk_mail_goes_through_the_gate_with_a_letter_each(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    await as_admin.put("/api/mail-merge/config", json={"mailMergeEnabled": True})
    templates = (await as_admin.get("/api/templates", params={"type": "email"})).json()["data"]["templates"]
    service = next(each for each in templates if each["category"] != "promotional")
    body = {
        "name": "Notices",
        "templateId": service["id"],
        "mergeTemplate": "renewal_notices",
        "recipients": [
            {"email": "asha@customer.example", "name": "Asha", "values": {"policyNumber": "MOT/1"}},
            {"email": "not an address", "name": "X"},
        ],
    }
    made = await as_admin.post("/api/emails/bulk", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["data"]["notTaken"] == [{"email": "not an address", "reason": "is not an e-mail address"}]
    await run_jobs()
    progress = (await as_admin.get(f"/api/emails/bulk/{made.json()['data']['id']}/progress")).json()["data"]
    assert (progress["status"], progress["sent"], progress["progress"]) == ("completed", 1, 100), progress


async def test_preview_of_a_bulk_mail_is_what_the_first_recipient_would_get(
    as_admin: httpx.AsyncClient, sandbox: Sandbox
) -> None:
    templates = (await as_admin.get("/api/templates", params={"type": "email"})).json()["data"]["templates"]
    body = {
        "name": "Notices",
        "templateId": templates[0]["id"],
        "subject": "About your policy",
        "message": "Please read this first.",
        "mergeTemplate": "renewal_notices",
        "recipients": [{"email": "asha@customer.example", "name": "Asha", "values": {"policyNumber": "MOT/1"}}],
    }
    answer = await as_admin.post("/api/emails/bulk/preview", json=body)
    assert answer.status_code == 200, answer.text
    shown = answer.json()["data"]
    assert (shown["to"], shown["subject"], shown["attachment"]) == (
        "asha@customer.example", "About your policy", "renewal_notice.pdf",
    )  # fmt: skip
    assert shown["text"].startswith("Please read this first.\n\n")
    assert "Asha" in shown["text"]
    assert "newPremium" in shown["missing"]
    assert "policyNumber" not in shown["missing"]
    assert (await as_admin.get("/api/emails/bulk")).json()["data"]["campaigns"] == []


async def test_status_escalated_has_a_note_and_somebody_who_knows(desk: Desk) -> None:
    await desk.server.send(letter("asha@customer.example", desk.email, "Hello", "A question"))
    await desk.sync()
    (mail,) = await desk.mails()
    changed = await desk.admin.patch(
        f"/api/emails/{mail['id']}", json={"status": "escalated", "read": True, "star": True}
    )
    assert changed.status_code == 200, changed.text
    found = (await desk.admin.get(f"/api/emails/{mail['id']}")).json()["data"]
    assert (found["status"], found["priority"], found["escalationReason"]) == (
        "escalated",
        "high",
        "No reason was given.",
    )
    assert (found["read"], found["starred"], found["date"]) == (True, True, found["dateReceived"])
    assert [each["isSystem"] for each in found["notes"]] == [True]


async def test_selected_mails_are_exported_and_found_by_their_customers_name(desk: Desk, client_id: int) -> None:
    async with unit_of_work() as session:
        await db.execute(session, _CUSTOMER, {"client": client_id})
    for number, sender in enumerate(("asha@customer.example", "ravi@customer.example", "junk@ads.example")):
        await desk.server.send(letter(sender, desk.email, f"Mail {number}", "Text"))
    await desk.sync()
    by_subject = {each["subject"]: str(each["id"]) for each in await desk.mails()}
    assert (await desk.admin.post(f"/api/emails/{by_subject['Mail 2']}/spam")).status_code == 200
    wanted = ", ".join((by_subject["Mail 0"], by_subject["Mail 2"]))
    lines = (await desk.admin.get("/api/emails/export", params={"ids": wanted})).text.splitlines()
    assert sorted(line.split(",")[2] for line in lines[1:]) == ["Mail 0", "Mail 2"]
    assert (await desk.admin.get("/api/emails/export", params={"ids": "nonsense"})).status_code == 404
    assert [each["subject"] for each in await desk.mails(search="lakshmi")] == ["Mail 0"]
    assert await desk.mails(search="la") == []
    named = {
        "Mail 0": ("TEXT mail", "asha", "ustomer.exam", "from:asha", desk.email[:5]),
        "Mail 1": ("from:ravi", "mai ravi 1"),
    }
    for subject, searches in named.items():
        for text in searches:
            assert subject in [each["subject"] for each in await desk.mails(search=text)], text
    for text in ("from:asha ravi", "text nothing", "ext", "!!", "'\\\\:* & | <->"):
        assert await desk.mails(search=text) == [], text
    assert [each["subject"] for each in await desk.mails(senderDomain="customer.example", search="1")] == ["Mail 1"]


_CUSTOMER = """
insert into customers (client_id, customer_code, first_name, last_name, email)
values (%(client)s, 'CUST-77', 'Lakshmi', 'Iyer', 'asha@customer.example')
"""


async def test_sent_mail_lists_its_files_and_those_it_passed_on(desk: Desk) -> None:
    mail = letter("asha@customer.example", desk.email, "Papers", "Here")
    mail.add_attachment(b"%PDF-1.4\n%%EOF", maintype="application", subtype="pdf", filename="policy.pdf")
    await desk.server.send(mail)
    await desk.sync()
    (came,) = await desk.mails()
    body = {"subject": "Form", "body": "Please sign", "to": ["asha@customer.example"], "accountId": desk.account_id}
    draft = (await desk.admin.post("/api/emails", json={**body, "draft": True})).json()["data"]["emailId"]
    form = {"entityType": "email", "entityId": draft}
    added = await desk.admin.post("/api/files", data=form, files={"file": ("form.txt", b"Sign here", "text/plain")})
    assert added.status_code == 201, added.text
    sent = await desk.admin.post("/api/emails", json={**body, "draftId": int(draft.removeprefix("EMAIL-"))})
    passed = await desk.admin.post(f"/api/emails/{came['id']}/forward", json={"to": ["ravi@customer.example"]})
    for answer, name in ((sent, "form.txt"), (passed, "policy.pdf")):
        assert answer.status_code == 201, answer.text
        found = (await desk.admin.get(f"/api/emails/{answer.json()['data']['emailId']}")).json()["data"]
        (file,) = found["attachments"]
        assert (found["hasAttachments"], file["name"]) == (True, name)
        loaded = await desk.admin.get(file["url"], params={"unscanned": "true"})
        assert loaded.status_code == 200, loaded.text


async def test_bulk_mail_with_words_of_its_own_keeps_its_page_its_figures_and_its_link_to_unsubscribe(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, sandbox: Sandbox, run_jobs: RunJobs
) -> None:
    template = {
        "name": "Offer", "type": "email", "category": "general", "subject": "Hello", "format": "html",
        "content": '<p>Dear {{customerName}}, <a href="https://insurer.example/terms">terms</a></p><p><a href="{{unsubscribeLink}}">Stop</a></p>',
    }  # fmt: skip
    made = await as_admin.post("/api/templates", json=template)
    assert made.status_code == 201, made.text
    body = {
        "name": "Notices", "templateId": "Offer", "subject": "Your <renewal>", "message": "Read this & reply.",
        "recipients": [{"email": "asha@customer.example", "name": "Asha"}],
    }  # fmt: skip
    sent = await as_admin.post("/api/emails/bulk", json=body)
    assert sent.status_code == 201, sent.text
    await run_jobs()
    (mail,) = sandbox.received("email")
    page = pages.read(mail.body)
    assert mail.subject == "Your <renewal>"
    assert "Read this &amp; reply." in mail.body
    (pixel,) = page.pictures
    links = [address for address, _ in page.links]
    assert ["/api/track/click/" in each for each in links] == [True, False]
    assert links[1] == mail.unsubscribe
    assert "unsubscribe.invalid" not in mail.body
    assert (await client.get(urlsplit(pixel).path)).status_code == 200
    await run_jobs()
    (shown,) = (await as_admin.get("/api/emails/bulk")).json()["data"]["campaigns"]
    assert (shown["opened"], shown["clicked"]) == (1, 0)
