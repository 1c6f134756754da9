"""A customer's mail stands on the page of its case, in the customer's timeline and in the figures of both."""

import httpx

from tests.factories.cases import make_case
from tests.factories.claims import data
from tests.factories.mail_server import letter
from tests.modules.inbox.conftest import Desk


async def said(admin: httpx.AsyncClient, case: str) -> dict:
    return data(await admin.get(f"/api/cases/{case}/communications"))


async def test_a_mail_is_part_of_what_was_said_about_a_case(desk: Desk) -> None:
    case = (await make_case(policy="MOT/2026/0077")).number
    mail = letter("lata@customer.example", desk.email, "Wrong bill", "The premium of MOT/2026/0077 was charged twice.")
    mail.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="bill.pdf")
    await desk.server.send(mail)
    await desk.sync()
    page = await said(desk.admin, case)
    (shown,) = page["communications"]
    assert (shown["type"], shown["direction"], shown["subject"]) == ("email", "inbound", "Wrong bill")
    assert shown["attachments"] == ["bill.pdf"]
    assert shown["contact"] == "lata@customer.example"
    assert (page["summary"]["totalInbound"], page["summary"]["totalEmails"]) == (1, 1)
    path = f"/api/communications/{shown['id']}"
    assert data(await desk.admin.put(f"{path}/star"))["starred"] is True
    data(await desk.admin.patch(path, json={"customerSatisfaction": 4, "tags": ["Billing"]}))
    answer = await desk.admin.post(f"/api/emails/{shown['id']}/reply", json={"replyText": "We give it back, Lata."})
    assert answer.status_code == 201, answer.text
    page = await said(desk.admin, case)
    (noted,) = [each for each in page["communications"] if each["direction"] == "inbound"]
    assert (noted["starred"], noted["customerSatisfaction"], noted["tags"]) == (True, 4, ["Billing"])
    assert noted["responseTime"] is not None
    assert page["summary"]["responseRate"] == 100
    customer = data(await desk.admin.get(f"/api/cases/{case}"))["customerId"]
    insights = data(await desk.admin.get(f"/api/customers/{customer}/insights"))["communications"]
    assert insights["billing"]["count"] == 1
    (policy,) = data(await desk.admin.get(f"/api/customers/{customer}/timeline", params={"type": "communication"}))[
        "policies"
    ]
    assert ("E-mail received", "Wrong bill") in {(each["title"], each["description"]) for each in policy["events"]}


async def test_a_mail_that_was_thrown_away_is_not_shown(desk: Desk) -> None:
    case = (await make_case(policy="MOT/2026/0078")).number
    await desk.server.send(letter("uma@customer.example", desk.email, "Hello", "About MOT/2026/0078"))
    await desk.sync()
    (shown,) = (await said(desk.admin, case))["communications"]
    assert (await desk.admin.post(f"/api/emails/{shown['id']}/junk")).status_code == 200
    assert (await said(desk.admin, case))["communications"] == []
    assert (await desk.admin.put(f"/api/communications/{shown['id']}/star")).status_code == 404
