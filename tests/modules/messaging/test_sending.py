"""The send calls, through the send gate, to the sandbox vendors."""

import re
from dataclasses import replace

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.delivery.dispatch import transport
from py360.modules.providers.api import ProviderAccount, SmtpSettings
from tests.factories.accounts import sandbox_settings, set_up
from tests.factories.stored import read_value
from tests.modules.conftest import AsRole, Sandbox
from tests.modules.messaging.conftest import AddCustomer

PHONE = "+919876543210"


async def test_whatsapp_as_the_specification_asks(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await as_admin.post(
        "/api/communication/whatsapp/send",
        json={
            "to": PHONE,
            "templateId": "renewal_reminder",
            "parameters": {"name": "John Doe", "policy_number": "POL123456", "expiry_date": "2026-12-15"},
        },
    )
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["messageId"].startswith("wa-msg-")
    assert data["status"] == "sent"
    assert data["timestamp"].endswith("Z")
    (message,) = sandbox.received("whatsapp")
    assert message.recipient == PHONE
    assert "John Doe" in message.body
    assert "15-Dec-2026" in message.body
    status = (await as_admin.get(f"/api/communication/delivery-status/{data['messageId']}")).json()["data"]
    assert (status["messageId"], status["status"], status["deliveredAt"]) == (data["messageId"], "sent", None)


async def test_what_stays_empty_or_is_misspelled_is_told(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    content = "Dear {name}, your policy {policy_number} ends on {expiry_date}. Today is {date}. Yours, {company_name}"
    template = {"name": "Short", "type": "sms", "content": content}
    assert (await as_admin.post("/api/templates", json=template)).status_code == 201
    body = {"to": PHONE, "templateId": "Short", "parameters": {"customerName": "Asha", "policyNo": " ", "amuont": "5"}}
    answer = await as_admin.post("/api/communication/sms/send", json=body)
    assert answer.json()["data"]["warnings"] == [
        {"field": "parameters.policy_number", "message": "has no value and is left empty"},
        {"field": "parameters.expiry_date", "message": "has no value and is left empty"},
        {"field": "parameters.amuont", "message": "is not used by this template"},
    ]
    (message,) = sandbox.received("sms")
    assert message.body.startswith("Dear Asha, ")
    assert "{" not in message.body
    assert re.search(r"Today is \d\d-\w{3}-\d{4}\. Yours, \w", message.body)


async def test_sms_as_the_specification_asks(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    text = "Dear John, your policy POL123456 expires on 2026-06-15. Renew now: https://example.com/renew"
    answer = await as_admin.post("/api/communication/sms/send", json={"to": "98765 43210", "message": text})
    data = answer.json()["data"]
    assert (data["status"], data["cost"]) == ("sent", 0.05)
    assert data["messageId"].startswith("sms-msg-")
    (message,) = sandbox.received("sms")
    assert (message.recipient, message.body) == (PHONE, text)


async def test_email_with_hindi_goes_through_the_relay(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    answer = await as_admin.post(
        "/api/communication/email/send",
        json={
            "to": "asha@example.com",
            "templateId": "Renewal Reminder - 30 Days",
            "parameters": {
                "CustomerName": "आशा <राव>",
                "policy_number": "POL1",
                "payment_link": "https://pay.example.com/x",
            },
        },
    )
    assert answer.status_code == 200, answer.text
    (message,) = sandbox.received("email")
    assert message.id == f"{answer.json()['data']['messageId']}@sandbox.py360.invalid"
    assert "आशा &lt;राव&gt;" in message.body
    assert "/api/track/click/" in message.body
    assert "/api/track/open/" in message.body
    assert "/api/unsubscribe/" in message.unsubscribe


async def test_a_line_break_cannot_add_a_header(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    body = {"to": "asha@example.com", "subject": "Hello\r\nBcc: thief@example.com", "body": ".\r\n..dots {name} [Name]"}
    answer = await as_admin.post("/api/communication/email/send", json=body)
    assert answer.status_code == 200, answer.text
    (message,) = sandbox.received("email")
    assert message.recipient == "asha@example.com"
    assert message.subject == "Hello Bcc: thief@example.com"
    assert ".<br>..dots {name} [Name]" in message.body


async def test_bad_addresses_are_refused_in_words(as_admin: httpx.AsyncClient) -> None:
    for path, body in (
        ("email", {"to": "asha@example.com>\r\nRCPT TO:<x@y.in", "subject": "s", "body": "b"}),
        ("email", {"to": "no address", "subject": "s", "body": "b"}),
        ("sms", {"to": "12345", "message": "hi"}),
    ):
        answer = await as_admin.post(f"/api/communication/{path}/send", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_contact")


async def test_an_unknown_template_is_404(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post(
        "/api/communication/whatsapp/send", json={"to": PHONE, "templateId": "template-999999"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "template_not_found")


async def test_an_opt_out_stops_a_service_message(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, add_customer: AddCustomer
) -> None:
    customer = await add_customer("asha@example.com", PHONE)
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into consents (client_id, customer_id, channel, purpose, state, source)"
            " values (%(client)s, %(customer)s, 'sms', 'service', 'opted_out', 'call')",
            {"client": sandbox.client_id, "customer": customer},
        )
    answer = await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "opted_out")
    assert sandbox.received("sms") == []
    listed = (await as_admin.get("/api/communications/delivery-status", params={"status": "blocked"})).json()["data"]
    assert [(each["status"], each["errorCode"]) for each in listed["messages"]] == [("blocked", "opted_out")]


async def test_a_preference_not_stated_is_no_opt_out(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, add_customer: AddCustomer
) -> None:
    await add_customer("asha@example.com", PHONE)
    answer = await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "hello"})
    assert answer.status_code == 200, answer.text


async def test_a_promotion_needs_an_opt_in(
    as_admin: httpx.AsyncClient, sandbox: Sandbox, add_customer: AddCustomer
) -> None:
    await add_customer("asha@example.com", PHONE)
    made = await as_admin.post(
        "/api/templates", json={"name": "Offer", "type": "sms", "content": "An offer", "category": "promotional"}
    )
    body = {"to": PHONE, "templateId": made.json()["data"]["templateId"]}
    answer = await as_admin.post("/api/communication/sms/send", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_opt_in")


async def test_a_number_on_the_registry_is_refused(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into dnc_registry (client_id, customer_phone, dnc_type, dnc_source) values (%(c)s, %(p)s, 'phone', 'government')",
            {"c": sandbox.client_id, "p": PHONE},
        )
    answer = await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "dnc")
    async with unit_of_work() as session:
        assert await read_value(session, "select count(*) from dnc_blocked_messages") == 1


async def test_a_refused_address_is_suppressed(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    sandbox.vendors.world.audience.refuses = lambda channel, contact: True
    answer = await as_admin.post(
        "/api/communication/email/send", json={"to": "nobody@example.com", "subject": "s", "body": "b"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_sent")
    again = await as_admin.post(
        "/api/communication/email/send", json={"to": "Nobody@example.com", "subject": "s", "body": "b"}
    )
    assert again.json()["error"]["code"] == "suppressed"


async def test_nothing_is_sent_when_the_vendor_is_away(as_admin: httpx.AsyncClient, client_id: int) -> None:
    await set_up("sms", sandbox_settings("sms", base_url="http://127.0.0.1:1"))
    answer = await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "vendor_unavailable")


async def test_dlt_texts_must_match_for_a_registered_sender(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    async with unit_of_work() as session:
        await db.execute(session, "update providers set dlt_entity_id = '1101' where channel = 'sms'")
    body = {"to": PHONE, "message": "Dear Asha, pay 500 now."}
    refused = await as_admin.post("/api/communication/sms/send", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "dlt_unmatched")
    template = {"name": "DLT", "type": "sms", "content": "Dear {name}, pay {amount} now.", "dltTemplateId": "1107160"}
    assert (await as_admin.post("/api/templates", json=template)).status_code == 201
    assert (await as_admin.post("/api/communication/sms/send", json=body)).status_code == 200


async def test_what_is_no_code_of_a_message_is_no_message(as_admin: httpx.AsyncClient) -> None:
    for code in ("xyz", "sms-msg-x", "sms-msg-1"):
        answer = await as_admin.get(f"/api/communication/delivery-status/{code}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, f"There is no message “{code}”.")
    many = await as_admin.post("/api/communications/bulk-status", json={"messageIds": ["xyz", "sms-msg-1"]})
    assert (many.status_code, many.json()["data"]["statuses"]) == (200, [])


async def test_messages_are_seen_within_reach_only(
    as_admin: httpx.AsyncClient, as_role: AsRole, sandbox: Sandbox
) -> None:
    sent = (await as_admin.post("/api/communication/sms/send", json={"to": PHONE, "message": "hello"})).json()["data"]
    agent = await as_role("agent")
    assert (await agent.get(f"/api/communication/delivery-status/{sent['messageId']}")).status_code == 404
    own = (await agent.post("/api/communication/sms/send", json={"to": PHONE, "message": "mine"})).json()["data"]
    listed = (await agent.get("/api/communications/delivery-status")).json()["data"]["messages"]
    assert [each["messageId"] for each in listed] == [own["messageId"]]
    both = await as_admin.post(
        "/api/communications/bulk-status", json={"messageIds": [sent["messageId"], own["messageId"], "sms-msg-99999"]}
    )
    assert len(both.json()["data"]["statuses"]) == 2


async def test_tracking_can_be_switched_off(as_admin: httpx.AsyncClient, sandbox: Sandbox) -> None:
    await as_admin.put("/api/settings/campaigns", json={"trackingEnabled": False})
    values = {"name": "Asha", "payment_link": "https://pay.example.com/x"}
    for channel, to, template in (
        ("email", "asha@example.com", "Renewal Reminder - 30 Days"),
        ("sms", PHONE, "Renewal Alert"),
        ("whatsapp", PHONE, "renewal_reminder"),
    ):
        body = {"to": to, "templateId": template, "parameters": values}
        assert (await as_admin.post(f"/api/communication/{channel}/send", json=body)).status_code == 200
        (message,) = sandbox.received(channel)
        assert "https://pay.example.com/x" in message.body
        assert "/track/" not in message.body


async def test_an_account_is_connected_anew_after_everything_was_closed(resources: Resources) -> None:
    sender = ProviderAccount(
        1, 1, "email", "smtp", "x", False, SmtpSettings(host="127.0.0.1", port=1, from_email="a@b.in", from_name="A")
    )
    first = transport(sender)
    changed = transport(replace(sender, settings=sender.settings.model_copy(update={"port": 2})))
    assert transport(replace(sender, settings=sender.settings.model_copy(update={"port": 2}))) is changed is not first
    while resources.closing:
        await resources.closing.pop()()
    assert transport(sender) not in (first, changed)
