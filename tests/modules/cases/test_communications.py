"""Writing to a case's customer through the real send gate and the vendors' sandbox."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from py360.kit.resources import Resources
from py360.modules.messaging import payment_links as protocol
from py360.sandbox.main import opened
from py360.sandbox.vendors import Vendors
from tests.factories.accounts import ALL_REACHED, point_at


@pytest_asyncio.fixture
async def sandbox(resources: Resources) -> AsyncIterator[Vendors]:
    """The vendors' simulators behind the default client's accounts."""
    here = resources.settings
    async with opened(secret=here.sandbox_secret, callback=here.public_url, http_port=0, smtp_port=0) as vendors:
        vendors.world.audience.behaviour = ALL_REACHED
        await point_at(vendors)
        yield vendors


@pytest.fixture
def payment_links() -> Iterator[list[protocol.LinkRequest]]:
    """What payments would make the links of; each address names its case."""
    asked: list[protocol.LinkRequest] = []

    async def make(session, wanted):
        asked.extend(wanted)
        return {each.case_id: f"https://pay.example/{each.case_id}" for each in wanted}

    before = list(protocol._makers)
    protocol.use_payment_links(make)
    yield asked
    protocol._makers[:] = before


async def test_a_template_sent_for_a_case_says_what_the_case_knows(as_admin, make_case, sandbox, payment_links) -> None:
    case = await make_case("in_progress")
    body = {"to": "+919876543210", "templateId": "Renewal Alert", "caseId": f"CASE-{case.id}"}
    answer = await as_admin.post("/api/communication/sms/send", json=body)
    assert (answer.status_code, answer.json()["data"].get("warnings")) == (200, None), answer.text
    assert [(each.case_id, each.contact) for each in payment_links] == [(case.id, "+919876543210")]
    (sent,) = [each for each in sandbox.world.journal.messages() if each.channel == "sms"]
    assert "Renew: http" in str(sent)
    own = await as_admin.post(
        "/api/communication/sms/send", json=body | {"parameters": {"link": "https://x.example/1"}}
    )
    assert (own.status_code, len(payment_links)) == (200, 1)


async def test_a_payment_link_goes_out_and_is_noted(as_admin, make_case, sandbox, payment_links) -> None:
    case = await make_case("in_progress")
    body = {"messageType": "payment_link", "channel": "sms", "message": "Please pay here: [Payment Link]"}
    answer = await as_admin.post(f"{case.path}/communications", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["messageId"].startswith("sms-msg-")
    (sent,) = [each for each in sandbox.world.journal.messages() if each.channel == "sms"]
    assert f"Please pay here: https://pay.example/{case.id}" in str(sent)
    assert [(each.case_id, each.amount) for each in payment_links] == [(case.id, None)]
    data = (await as_admin.get(case.path)).json()["data"]
    assert (data["history"][0]["action"], data["communicationAttempts"]) == ("Payment link Sent", 1)
    listed = (await as_admin.get(f"{case.path}/communications")).json()["data"]
    assert (listed["summary"]["totalSMS"], listed["summary"]["totalCommunications"]) == (1, 1)
    assert listed["communications"][0]["type"] == "sms"
    assert (await as_admin.get(f"{case.path}/communications?channel=email")).json()["data"]["communications"] == []
    assert (await as_admin.get(f"{case.path}/communications?channel=pigeon")).status_code == 422


async def test_a_link_without_a_place_stands_at_the_end(as_admin, make_case, sandbox, payment_links) -> None:
    case = await make_case("in_progress")
    body = {"messageType": "payment_link", "channel": "sms", "message": "Please pay."}
    assert (await as_admin.post(f"{case.path}/communications", json=body)).status_code == 201
    (sent,) = sandbox.world.journal.messages()
    assert f"https://pay.example/{case.id}" in str(sent)


async def test_what_cannot_be_sent_is_said_and_not_noted(as_admin, make_case, rows, payment_links) -> None:
    closed = await make_case("renewed")
    body = {"channel": "sms", "message": "[Payment Link]"}
    answer = await as_admin.post(f"{closed.path}/communications", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "case_closed")
    silent = await make_case()
    await rows("update customers set email = null where id = %(id)s returning 1", id=silent.customer_id)
    answer = await as_admin.post(f"{silent.path}/messages", json={"channel": "email", "message": "Hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "no_contact")
    assert (await as_admin.post(f"{silent.path}/messages", json={"channel": "sms", "message": " "})).status_code == 422
    assert await rows("select 1 from case_history where action like '%%Sent'") == []


async def test_whoever_opted_out_is_not_written_to(as_admin, make_case, rows, sandbox) -> None:
    case = await make_case()
    await rows(
        "update customers set communication_preferences = '{\"sms\": false}' where id = %(id)s returning 1",
        id=case.customer_id,
    )
    answer = await as_admin.post(f"{case.path}/messages", json={"channel": "sms", "message": "Hello"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "opted_out")
    assert list(sandbox.world.journal.messages()) == []
    assert (await as_admin.get(case.path)).json()["data"]["communicationAttempts"] == 0


async def test_quick_messages_are_limited_and_can_be_switched_off(as_admin, make_case, sandbox) -> None:
    case = await make_case()
    body = {"channel": "sms", "message": "Hello"}
    await as_admin.put("/api/settings/renewals", json={"messageRateLimit": 2, "dailyMessageLimit": 3})
    for expected in (201, 201, 429):
        answer = await as_admin.post(f"{case.path}/messages", json=body)
        assert answer.status_code == expected, answer.text
    assert answer.json()["error"]["code"] == "rate_limited"
    assert "2 messages a minute" in answer.json()["error"]["message"]
    assert 0 < int(answer.headers["retry-after"]) <= 60
    await as_admin.put("/api/settings/renewals", json={"messageRateLimit": 60})
    answers = [await as_admin.post(f"{case.path}/messages", json=body) for _ in range(2)]
    assert "3 messages within 24 hours" in answers[-1].json()["error"]["message"]
    await as_admin.put("/api/settings/renewals", json={"quickMessagingEnabled": False})
    answer = await as_admin.post(f"{case.path}/messages", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "quick_off")
    assert (
        len(list(sandbox.world.journal.messages())) == 3
    )  # a message that the limit of the minute deferred was not charged to the day


async def test_a_single_message_is_shown_as_it_was_written(as_admin, make_case, rows, sandbox, payment_links) -> None:
    """Also what was given with it, and whatever the case says since."""
    case = await make_case("in_progress")
    template = {"name": "Thanks", "type": "sms", "content": "Dear {name}, your receipt {receipt_number}: {link}"}
    assert (await as_admin.post("/api/templates", json=template)).status_code in {200, 201}
    body = {"to": "+919876543210", "templateId": "Thanks", "caseId": case.number, "parameters": {"receiptNo": "R-17"}}
    answer = await as_admin.post("/api/communication/sms/send", json=body)
    assert answer.status_code == 200, answer.text
    await rows("update customers set first_name = 'Nobody' where id = %(id)s returning 1", id=case.customer_id)
    (listed,) = (await as_admin.get(f"{case.path}/communications?search=R-17")).json()["data"]["communications"]
    assert listed["content"] == f"Dear Asha Rao, your receipt R-17: https://pay.example/{case.id}"
    assert listed["contentRerendered"] is False


async def test_the_summary_says_how_many_replies_were_answered_and_how_soon(as_admin, make_case, rows, sandbox) -> None:
    """Not by a campaign: that would have been written anyway."""
    case = await make_case("in_progress")

    async def summary() -> dict[str, object]:
        return (await as_admin.get(f"{case.path}/communications")).json()["data"]["summary"]

    silent = await summary()
    assert (silent["totalCommunications"], silent["responseRate"], silent["averageResponseTime"]) == (0, 0, None)
    for _ in range(3):
        answer = await as_admin.post(f"{case.path}/messages", json={"channel": "sms", "message": "Hello"})
        assert answer.status_code == 201, answer.text
    first, second, third = [row["id"] for row in await rows("select id from communication_delivery_status order by id")]
    at = (
        "update communication_delivery_status set sent_at = now() - %(sent)s * interval '1 hour',"
        " replied_at = now() - %(replied)s * interval '1 hour' where id = %(id)s returning 1"
    )
    await rows(at, id=first, sent=9, replied=8)
    await rows(at, id=second, sent=6, replied=3)
    await rows(at, id=third, sent=5, replied=None)
    half = await summary()
    assert (half["totalInbound"], half["totalOutbound"], half["totalCommunications"]) == (2, 3, 5)
    assert (half["responseRate"], half["averageResponseTime"]) == (50.0, 2.0)  # six hours ago it was answered
    (campaign,) = await rows(
        "insert into campaigns (client_id, name, campaign_type, channels, status)"
        " values (1, 'May', 'multi', '{sms}', 'completed') returning id"
    )
    await rows(
        "insert into communication_delivery_status (client_id, case_id, campaign_id, communication_type, recipient_contact, status,"
        " sent_at, sent_by) select client_id, case_id, %(campaign)s, communication_type, recipient_contact, 'sent', now(), sent_by"
        " from communication_delivery_status where id = %(id)s returning 1",
        id=third,
        campaign=campaign["id"],
    )
    assert (await summary())["responseRate"] == 50.0
    assert {"satisfactionRating", "averageCallDuration", "firstCallResolution"} <= {
        name for name, value in half.items() if value is None
    }
