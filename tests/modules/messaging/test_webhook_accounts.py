"""Whose event it is: what the event names decides, and it changes only what belongs to that account and client."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from py360.kit import db, ids
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.messaging.delivery import ledger
from py360.modules.providers import api as providers
from tests.conftest import RunJobs
from tests.factories.ledger import START
from tests.factories.signatures import mailgun

PHONE = "+919876543210"
MAIL = "asha@example.com"
VENDORS = ("mailgun", "meta", "twilio")
CHANNELS: dict[str, Literal["email", "whatsapp", "sms"]] = {"mailgun": "email", "meta": "whatsapp", "twilio": "sms"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Account:
    """An account of a client at a vendor."""

    id: int
    client_id: int
    vendor: str
    secret: str
    number: str  # what its events call it


def settings_of(vendor: str, number: str, secret: str) -> providers.VendorSettings:
    """An account's settings; `number` is its phone number, phone number id or domain."""
    key = SecretStr(secret)
    if vendor == "meta":
        return providers.MetaSettings(
            access_token=key, phone_number_id=number, business_account_id="waba", app_secret=key
        )
    if vendor == "twilio":
        return providers.TwilioSettings(account_sid="ACshared", auth_token=key, from_number=number)
    return providers.MailgunSettings(
        api_key=key, domain=number, from_email=f"us@{number}", from_name="Us", smtp_password=key
    )


NUMBERS = {
    "meta": ("111", "222"),
    "twilio": ("+911111111111", "+912222222222"),
    "mailgun": ("one.example", "two.example"),
}
MakeAccount = Callable[..., Awaitable[Account]]


@pytest_asyncio.fixture
async def make_account(resources: Resources, client_id: int) -> MakeAccount:
    """An account of a new client, or of the default one."""

    async def make(vendor: str, number: str, secret: str, own: bool = False) -> Account:
        nth = next(_numbers)
        async with unit_of_work() as session:
            client = client_id
            if not own:
                client = await db.fetch_only(
                    session,
                    int,
                    "insert into clients (client_code, client_name) values (%(code)s, %(code)s) returning id",
                    {"code": f"OTHER{nth}"},
                )
            account = await db.fetch_only(
                session,
                int,
                "insert into providers (client_id, name, channel, type, status, config_encrypted)"
                " values (%(client)s, %(name)s, %(channel)s, %(type)s, 'connected', %(config)s) returning id",
                {
                    "client": client,
                    "name": f"Account {nth}",
                    "channel": CHANNELS[vendor],
                    "type": vendor,
                    "config": providers.seal_settings(settings_of(vendor, number, secret)),
                },
            )
        return Account(account, client, vendor, secret, number)

    return make


async def sent_through(account: Account, vendor_id: str) -> int:
    """A message to Asha that went through an account."""
    channel = CHANNELS[account.vendor]
    entry = ledger.Entry(
        channel,
        "service",
        MAIL if channel == "email" else PHONE,
        "sending",
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    )
    async with unit_of_work() as session:
        (number,) = await ledger.write(session, account.client_id, [entry], account.vendor, account.id, START)
        await ledger.apply(session, [ledger.News("sent", START, message_id=number, vendor_message_id=vendor_id)])
    return number


def status_of(account: Account, message: int, vendor_id: str, failed: bool) -> dict[str, Any]:
    """The vendor's word that a message of the account was delivered, or that its address is gone."""
    if account.vendor == "mailgun":
        event: dict[str, Any] = {
            "id": f"e{next(_numbers)}", "timestamp": START.timestamp(), "recipient": MAIL,
            "event": "failed" if failed else "delivered", "severity": "permanent", "reason": "bounce",
            "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "no such user"},
            "domain": {"name": account.number},
            "message": {"headers": {"message-id": f"{ids.code('email', message)}@{account.number}"}},
        }  # fmt: skip
        return event
    if account.vendor == "meta":
        status = {
            "id": vendor_id,
            "status": "failed" if failed else "delivered",
            "timestamp": str(int(START.timestamp())),
        }
        status |= {"errors": [{"code": 131026}]} if failed else {}
        return {"metadata": {"phone_number_id": account.number}, "statuses": [status]}
    form = {"MessageSid": vendor_id, "MessageStatus": "undelivered" if failed else "delivered", "From": account.number}
    return form | {"To": PHONE, "AccountSid": "ACshared"} | ({"ErrorCode": "30005"} if failed else {})


def stop_to(account: Account) -> dict[str, Any]:
    """A STOP to the account's number."""
    nth = next(_numbers)
    if account.vendor == "mailgun":
        return {
            "id": f"e{nth}", "timestamp": START.timestamp(), "recipient": MAIL, "event": "unsubscribed",
            "domain": {"name": account.number},
        }  # fmt: skip
    if account.vendor == "meta":
        message = {"from": PHONE[1:], "id": f"wamid.{nth}", "timestamp": str(int(START.timestamp())), "type": "text"}
        return {"metadata": {"phone_number_id": account.number}, "messages": [message | {"text": {"body": "STOP"}}]}
    return {
        "MessageSid": f"SMin{nth}", "SmsStatus": "received", "From": PHONE, "To": account.number, "Body": "STOP",
        "AccountSid": "ACshared",
    }  # fmt: skip


async def post(
    client: httpx.AsyncClient,
    vendor: str,
    body: dict[str, Any],
    secret: str,
    resources: Resources,
    account: int | None = None,
) -> int:
    """Send a request as the vendor does, signed with a secret; the status of the answer."""
    channel = CHANNELS[vendor]
    path = f"/api/webhooks/{channel}/{vendor}/{account}" if account else f"/api/webhooks/{channel}/{vendor}"
    if vendor == "mailgun":
        return (await client.post(path, json=mailgun(body, secret))).status_code
    if vendor == "meta":
        path = path if account else "/api/webhooks/whatsapp"
        raw = json.dumps({"entry": [{"id": "waba", "changes": [{"field": "messages", "value": body}]}]}).encode()
        mark = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        return (await client.post(path, content=raw, headers={"X-Hub-Signature-256": mark})).status_code
    text = f"{resources.settings.public_url}{path}" + "".join(name + body[name] for name in sorted(body))
    mark = base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
    content = urlencode(body).encode()
    headers = {"X-Twilio-Signature": mark, "Content-Type": "application/x-www-form-urlencoded"}
    return (await client.post(path, content=content, headers=headers)).status_code


async def status(message: int) -> str:
    async with unit_of_work() as session:
        return await db.fetch_only(
            session, str, "select status from communication_delivery_status where id = %(id)s", {"id": message}
        )


async def stopped_at() -> set[int]:
    """The clients whose Asha is suppressed."""
    async with unit_of_work() as session:
        return set(await db.fetch_all(session, int, "select distinct client_id from suppressions"))


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_two_clients_under_one_vendor_account_each_get_their_own_events(
    client: httpx.AsyncClient,
    resources: Resources,
    make_account: MakeAccount,
    run_jobs: RunJobs,
    vendor: str,
    turn: int,
) -> None:
    """One Meta app, one Twilio account, one Mailgun key: the secret is the same, the number decides."""
    both = [await make_account(vendor, number, "the one secret") for number in NUMBERS[vendor]]
    messages = [await sent_through(account, f"{vendor}-{nth}") for nth, account in enumerate(both)]
    named = both[turn]
    delivered = status_of(named, messages[turn], f"{vendor}-{turn}", failed=False)
    assert await post(client, vendor, delivered, "the one secret", resources) == 200
    assert await post(client, vendor, stop_to(named), "the one secret", resources) == 200
    await run_jobs()
    assert await status(messages[turn]) in {"delivered", "replied"}
    assert await status(messages[1 - turn]) == "sent"
    assert await stopped_at() == {named.client_id}


@pytest.mark.parametrize("turn", [0, 1])
@pytest.mark.parametrize("vendor", ["meta", "twilio"])
async def test_of_two_clients_with_one_number_the_one_that_wrote_is_answered(
    client: httpx.AsyncClient,
    resources: Resources,
    make_account: MakeAccount,
    run_jobs: RunJobs,
    vendor: str,
    turn: int,
) -> None:
    number = NUMBERS[vendor][0]
    both = [await make_account(vendor, number, "the one secret") for _ in range(2)]
    await sent_through(both[turn], f"{vendor}-x")
    assert await post(client, vendor, stop_to(both[0]), "the one secret", resources) == 200
    await run_jobs()
    assert await stopped_at() == {both[turn].client_id}


@pytest.mark.parametrize("at", ["the shared address", "its own address", "the victim's address"])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_no_event_changes_another_accounts_message(
    client: httpx.AsyncClient, resources: Resources, make_account: MakeAccount, run_jobs: RunJobs, vendor: str, at: str
) -> None:
    """A client signs events about another client's message with its own account's key."""
    victim = await make_account(vendor, NUMBERS[vendor][0], "the victim's secret")
    forger = await make_account(vendor, NUMBERS[vendor][1], "the forger's secret")
    address = {"its own address": forger.id, "the victim's address": victim.id}.get(at)
    for claimed in (forger, victim):
        for failed in (False, True):
            code = f"{vendor}-{claimed.id}-{failed}"
            message = await sent_through(victim, code)
            forged = status_of(claimed, message, code, failed)
            if vendor == "meta":
                forged["statuses"][0]["biz_opaque_callback_data"] = ids.code("whatsapp", message)
            assert await post(client, vendor, forged, forger.secret, resources, address) in {200, 401}
            await run_jobs()
            assert await status(message) == "sent", (claimed, failed)
        assert await post(client, vendor, stop_to(claimed), forger.secret, resources, address) in {200, 401}
        await run_jobs()
        assert victim.client_id not in await stopped_at(), claimed


@pytest.mark.parametrize("vendor", VENDORS)
async def test_an_event_at_the_address_of_its_account(
    client: httpx.AsyncClient, resources: Resources, make_account: MakeAccount, run_jobs: RunJobs, vendor: str
) -> None:
    account = await make_account(vendor, NUMBERS[vendor][0], "a secret")
    message = await sent_through(account, f"{vendor}-1")
    delivered = status_of(account, message, f"{vendor}-1", failed=False)
    assert await post(client, vendor, delivered, "another secret", resources, account.id) == 401
    assert await post(client, vendor, delivered, "a secret", resources, account.id) == 200
    await run_jobs()
    assert await status(message) == "delivered"


async def test_the_challenge_at_the_address_of_an_account(client: httpx.AsyncClient, resources: Resources) -> None:
    async with unit_of_work() as session:
        account = await db.fetch_only(session, int, "select id from providers where type = 'meta'")
    asked = {"hub.mode": "subscribe", "hub.verify_token": resources.settings.sandbox_secret, "hub.challenge": "115"}
    answer = await client.get(f"/api/webhooks/whatsapp/meta/{account}", params=asked)
    assert (answer.status_code, answer.text) == (200, "115")
    assert (await client.get(f"/api/webhooks/whatsapp/meta/{account + 99}", params=asked)).status_code == 403


async def test_an_event_of_a_number_without_an_account_is_a_dead_letter(
    client: httpx.AsyncClient, resources: Resources, make_account: MakeAccount, run_jobs: RunJobs
) -> None:
    account = await make_account("meta", "111", "a secret")
    stray = {"metadata": {"phone_number_id": "999"}, "statuses": [{"id": "w", "status": "sent", "timestamp": "1"}]}
    assert await post(client, "meta", stray, account.secret, resources) == 200
    health = (await client.get("/api/health")).json()["data"]
    assert health["deadLetters"] == 1
    from py360.kit.webhooks import apply_again

    assert await apply_again() == 1
    await run_jobs()
    assert (await client.get("/api/health")).json()["data"]["deadLetters"] in {0, 1}


async def test_a_signature_of_any_letters_is_401(client: httpx.AsyncClient) -> None:
    for path, header in (
        ("/api/webhooks/whatsapp", "X-Hub-Signature-256"),
        ("/webhook", "X-Hub-Signature-256"),
        ("/api/webhooks/sms/twilio", "X-Twilio-Signature"),
        ("/api/webhooks/email/mailgun", "X-None"),
    ):
        for mark in ("é", "☃", ""):
            signature = {"timestamp": "1", "token": "x", "signature": mark}
            body = json.dumps({"signature": signature, "event-data": {"id": "x"}}).encode()
            answer = await client.post(path, content=body, headers={header: mark.encode()})
            assert answer.status_code == 401, (path, mark, answer.text)


ODD_ITEMS: list[Any] = [None, 7, "x", {}, {"status": "sent"}, {"errors": [{"code": 1}]}, [[]]]


@pytest.mark.parametrize("where", ["item", "statuses", "change", "entry"])
async def test_one_odd_item_never_loses_the_others(
    client: httpx.AsyncClient, resources: Resources, make_account: MakeAccount, run_jobs: RunJobs, where: str
) -> None:
    account = await make_account("meta", "111", "a secret")
    for nth, odd in enumerate(ODD_ITEMS):
        message = await sent_through(account, f"wamid.{nth}")
        value = status_of(account, message, f"wamid.{nth}", failed=False)
        good = {"field": "messages", "value": {**value, "messages": stop_to(account)["messages"]}}
        bad = {"field": "messages", "value": {"metadata": value["metadata"], "statuses": odd}}
        entries: list[Any] = [{"id": "waba", "changes": [bad, good]}]
        if where == "item":
            good["value"]["statuses"] = [odd, *value["statuses"]]
            entries = [{"id": "waba", "changes": [good]}]
        elif where == "change":
            entries = [{"id": "waba", "changes": [odd, good]}]
        elif where == "entry":
            entries = [odd, {"id": "waba", "changes": [good]}]
        raw = json.dumps({"entry": entries}).encode()
        mark = "sha256=" + hmac.new(b"a secret", raw, hashlib.sha256).hexdigest()
        answer = await client.post("/api/webhooks/whatsapp", content=raw, headers={"X-Hub-Signature-256": mark})
        assert answer.status_code == 200, (odd, answer.text)
        await run_jobs()
        assert await status(message) in {"delivered", "replied"}, odd
        assert await stopped_at() == {account.client_id}, odd
        async with unit_of_work() as session:
            await db.execute(session, "delete from suppressions")
