"""The sandbox's control interface, for tests, the demo and the console.

Every call carries `Authorization: Bearer <sandbox secret>`.

    GET  /control                 counts per channel, of payments and customers, and what is still under way
    GET  /control/messages        the newest messages in full; filters: channel, recipient, limit
    GET  /control/messages/{id}   one message
    POST /control/messages/{id}/act  its customer does something: {"action": "open"}, or click, pay, stop, bounce, complain
    GET  /control/payments        the newest payment links
    GET  /control/behaviour       the rates and delays
    PUT  /control/behaviour       change some of them: {"email": {"opened": 1}, "pay": 0.5, "delays": {"paid": 0}}
    PUT  /control/webhooks        {"paused": true, "shuffle": true, "duplicate": 0.3}
    POST /control/send-inbound    a customer writes: {"channel": "sms", "from": "+9198...", "text": "STOP"}
    POST /control/drain?timeout=60   wait until every step, visit and webhook is done
    POST /control/reset           forget counts, messages and everything under way; rates as at the start
"""

import asyncio
import hmac
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import Field, ValidationError

from py360.kit.wire import Schema, dumps
from py360.sandbox.audience import Action, content
from py360.sandbox.behaviour import Behaviour, Channel
from py360.sandbox.journal import Message
from py360.sandbox.vendors import Vendors

# Of the accounts that every client starts with: an SMS number, and WhatsApp's id of a number.
OWN_NUMBERS: Final = {"sms": "+918045671234", "whatsapp": "106540352242922"}
QUIET_SECONDS: Final = 0.5  # how long nothing may be under way before it counts as quiet


class Inbound(Schema):
    """A customer's message. `to` defaults to the sender that last wrote to them, else to the channel's own number."""

    channel: Channel
    sender: str = Field(alias="from")
    text: str
    to: str | None = None
    button: str | None = None  # WhatsApp: the payload of the quick-reply button they pressed


class Act(Schema):
    """What a customer does with a message."""

    action: Action


class WebhookControls(Schema):
    """What is done to webhooks on their way."""

    paused: bool | None = None
    shuffle: bool | None = None
    duplicate: Annotated[float, Field(ge=0, le=1)] | None = None


def _json(data: Any, status: int = 200) -> Response:
    return Response(dumps(data), status, media_type="application/json")


def _write(vendors: Vendors, wanted: Inbound) -> str:
    """Have a customer write; the message's id at the vendor."""
    last = next(vendors.world.journal.messages(wanted.channel, wanted.sender), None)
    to = wanted.to or (last.sender if last else OWN_NUMBERS.get(wanted.channel, "sandbox"))
    if wanted.channel == "sms":
        return vendors.twilio.inbound(wanted.sender, wanted.text, to)
    if wanted.channel == "whatsapp":
        reply_to = last.id if last else None
        return vendors.meta.inbound(wanted.sender, wanted.text, to, reply_to=reply_to, button=wanted.button)
    raise HTTPException(422, "The sandbox sends no inbound e-mail yet; use sms or whatsapp.")


async def _quiet(vendors: Vendors, timeout: float) -> None:
    """Wait until nothing was under way for a moment, or so many seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout
    quiet_since: float | None = None
    while (now := loop.time()) < end:
        busy = any(vendors.under_way().values())
        quiet_since = None if busy else (quiet_since or now)
        if quiet_since and now - quiet_since >= QUIET_SECONDS:
            return
        await asyncio.sleep(0.05)


def routes(vendors: Vendors) -> APIRouter:
    """The control paths."""
    world = vendors.world
    token = f"Bearer {world.secret}".encode()

    async def guard(request: Request) -> None:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), token):
            raise HTTPException(401, "The sandbox's control interface needs its secret as a bearer token.")

    router = APIRouter(prefix="/control", tags=["control"], dependencies=[Depends(guard)])

    @router.get("")
    async def state() -> Response:
        """Counts and what is under way."""
        return _json(
            {"counts": world.journal.counts(), "underWay": vendors.under_way(), "webhooks": vendors.webhook_counts()}
        )

    @router.get("/messages")
    async def messages(
        channel: str | None = None, recipient: str | None = None, limit: Annotated[int, Query(ge=1, le=5000)] = 100
    ) -> Response:
        """The newest messages."""
        found = []
        for message in world.journal.messages(channel, recipient):
            found.append(message.as_json())
            if len(found) == limit:
                break
        return _json({"messages": found})

    def found(message_id: str) -> Message:
        message = world.journal.find(message_id)
        if message is None:
            raise HTTPException(404, "The sandbox keeps no such message any more.")
        return message

    @router.get("/messages/{message_id:path}")
    async def message(message_id: str) -> Response:
        """One message, and where its links lead."""
        kept = found(message_id)
        return _json({**kept.as_json(), "links": content(kept).links})

    @router.post("/messages/{message_id:path}/act")
    async def act(message_id: str, wanted: Act) -> Response:
        """The customer acts."""
        world.audience.act(found(message_id), wanted.action)
        return _json({"action": wanted.action})

    @router.get("/payments")
    async def payments(limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Response:
        """The newest payment links, as the gateway has them."""
        return _json({"payments": vendors.razorpay.book.newest(limit)})

    @router.get("/behaviour")
    async def behaviour() -> Response:
        """The rates."""
        return _json(world.audience.behaviour)

    @router.put("/behaviour")
    async def change_behaviour(changes: dict[str, Any]) -> Response:
        """Change some rates; those left out stay."""
        try:
            world.audience.behaviour = world.audience.behaviour.changed(changes)
        except ValidationError as error:
            raise HTTPException(422, str(error)) from error
        return _json(world.audience.behaviour)

    @router.put("/webhooks")
    async def webhooks(wanted: WebhookControls) -> Response:
        """Hold back, scatter or double the webhooks."""
        for name, value in wanted.model_dump(exclude_none=True).items():
            setattr(vendors.mischief, name, value)
        mischief = vendors.mischief
        return _json({"paused": mischief.paused, "shuffle": mischief.shuffle, "duplicate": mischief.duplicate})

    @router.post("/send-inbound")
    async def send_inbound(wanted: Inbound) -> Response:
        """A customer writes."""
        return _json({"id": _write(vendors, wanted)})

    @router.post("/drain")
    async def drain(timeout: Annotated[float, Query(gt=0, le=3600)] = 60) -> Response:
        """Wait until nothing is under way; `quiet` says whether that came about in time."""
        await _quiet(vendors, timeout)
        under_way = vendors.under_way()
        return _json({"quiet": not any(under_way.values()), "underWay": under_way})

    @router.post("/reset")
    async def reset() -> Response:
        """Begin afresh."""
        vendors.reset()
        world.audience.behaviour = Behaviour()
        return _json({"reset": True})

    return router
