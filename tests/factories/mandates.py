"""A mandate from the link to the debit: what the customer, the gateway and time do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from py360.kit import resources
from py360.kit.clock import FixedClock
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs

FIRST_DAY = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
OVER_A_DAY = timedelta(hours=24, minutes=1)


def event(vendors: Vendors, name: str, at: int = 0, **entities: dict[str, Any]) -> dict[str, Any]:
    """A webhook of Razorpay about these entities, with their moment."""
    payload = {kind: {"entity": entity} for kind, entity in entities.items()}
    moment = vendors.razorpay.seconds() + at
    return {"entity": "event", "event": name, "contains": list(entities), "payload": payload, "created_at": moment}


def received(vendors: Vendors) -> list[Any]:
    """The text messages, newest first."""
    return list(vendors.world.journal.messages("sms"))


def link_of(vendors: Vendors, mandate: dict[str, Any]) -> dict[str, Any]:
    """The registration link behind a mandate's page."""
    return vendors.razorpay_mandates.link(mandate["authorisationUrl"].rpartition("/")[2])


async def authorise(vendors: Vendors, voice: Any, mandate: dict[str, Any], run_jobs: RunJobs) -> dict[str, Any]:
    """The customer authorises; the webhooks arrive. The token."""
    link = link_of(vendors, mandate)
    token = vendors.razorpay_mandates.authorise(link)
    payment = vendors.razorpay.book.payment(link["payment_id"])
    assert payment is not None
    await voice.say(event(vendors, "invoice.paid", invoice=link, payment=payment))
    await voice.say(event(vendors, "token.confirmed", token=token))
    await run_jobs()
    return token


async def read(client: httpx.AsyncClient, path: str) -> Any:
    """What a route answers. Days pass in these tests; the caller's session is still the one of the first day."""
    clock = resources.current().clock
    assert isinstance(clock, FixedClock)
    moment, clock.moment = clock.moment, FIRST_DAY
    answer = await client.get(path)
    clock.moment = moment
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def mandate_now(client: httpx.AsyncClient, mandate: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await read(client, f"/api/payments/mandates/{mandate['id']}"))["mandate"]
    return found


async def debits(client: httpx.AsyncClient, mandate: dict[str, Any]) -> list[dict[str, Any]]:
    """The debits of a mandate, oldest first."""
    found: list[dict[str, Any]] = (await read(client, f"/api/payments/mandates/{mandate['id']}/debits"))["debits"]
    return found[::-1]


async def settle_debit(vendors: Vendors, voice: Any, run_jobs: RunJobs, outcome: str = "captured") -> None:
    """The webhook of the newest payment that Razorpay made of a token."""
    (order,) = vendors.razorpay_mandates.book.all("order")[:1]
    payment = vendors.razorpay.book.payment(order["payments"][-1])
    assert payment is not None
    assert payment["status"] == outcome
    await voice.say(event(vendors, f"payment.{outcome}", payment=payment))
    await run_jobs()
