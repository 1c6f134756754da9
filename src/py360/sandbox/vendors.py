"""All vendors of one sandbox, put together."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from py360.sandbox.audience import Audience
from py360.sandbox.courier import Courier, Mischief
from py360.sandbox.journal import Journal
from py360.sandbox.mailgun import Mailgun
from py360.sandbox.meta import Meta
from py360.sandbox.oauth import Tokens
from py360.sandbox.razorpay.account import Razorpay
from py360.sandbox.razorpay.mandates import RazorpayMandates
from py360.sandbox.stripe.account import Stripe
from py360.sandbox.stripe.mandates import StripeMandates
from py360.sandbox.timeline import Timeline
from py360.sandbox.twilio import Twilio
from py360.sandbox.twilio_voice import TwilioVoice
from py360.sandbox.visitor import Visitor
from py360.sandbox.world import World

BROWSERS: Final = 8
CONNECTIONS: Final = {"meta": 2, "twilio": 8, "twilio-voice": 2, "mailgun": 8, "razorpay": 4, "stripe": 4}


@dataclass(slots=True)
class Vendors:
    """The vendors, their couriers and the customers' browsers."""

    world: World
    visitor: Visitor
    mischief: Mischief
    couriers: dict[str, Courier]
    meta: Meta
    twilio: Twilio
    voice: TwilioVoice
    mailgun: Mailgun
    razorpay: Razorpay
    razorpay_mandates: RazorpayMandates
    stripe: Stripe
    stripe_mandates: StripeMandates
    tokens: Tokens
    http: aiohttp.ClientSession
    relay: asyncio.Server | None = None

    @classmethod
    def open(cls, secret: str, callback: str, address: str, folder: Path | None = None) -> "Vendors":
        """Put them together inside a running event loop."""
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4), cookie_jar=aiohttp.DummyCookieJar()
        )
        journal, timeline, mischief = Journal(), Timeline(), Mischief()
        homes = frozenset({urlsplit(callback).netloc, urlsplit(address).netloc})
        visitor = Visitor(http, journal, homes, BROWSERS)
        audience = Audience(journal, timeline, visitor)
        world = World(secret, callback, address, journal, timeline, audience, folder)
        couriers = {name: Courier(name, http, mischief, number) for name, number in CONNECTIONS.items()}
        razorpay, stripe = Razorpay(world, couriers["razorpay"]), Stripe(world, couriers["stripe"])
        opened = cls(
            world=world,
            visitor=visitor,
            mischief=mischief,
            couriers=couriers,
            meta=Meta(world, couriers["meta"]),
            twilio=Twilio(world, couriers["twilio"]),
            voice=TwilioVoice(world, couriers["twilio-voice"]),
            mailgun=Mailgun(world, couriers["mailgun"]),
            razorpay=razorpay,
            razorpay_mandates=RazorpayMandates(razorpay),
            stripe=stripe,
            stripe_mandates=StripeMandates(stripe),
            tokens=Tokens(world),
            http=http,
        )
        audience.vendors = {"email": opened.mailgun, "sms": opened.twilio, "whatsapp": opened.meta}
        return opened

    def under_way(self) -> dict[str, int]:
        """What is still to happen: customers' next steps, page visits, webhooks."""
        return {
            "steps": self.world.timeline.waiting,
            "visits": self.visitor.waiting,
            "webhooks": sum(courier.waiting for courier in self.couriers.values()),
        }

    def webhook_counts(self) -> dict[str, Counter[str]]:
        """Per vendor: webhooks made, delivered, retried, and what they were answered."""
        return {name: courier.counts for name, courier in self.couriers.items()}

    def reset(self) -> None:
        """Forget counts, messages and everything under way."""
        self.world.timeline.clear()
        self.visitor.clear()
        for courier in self.couriers.values():
            courier.clear()
        self.mischief.paused, self.mischief.shuffle, self.mischief.duplicate = (False, False, 0.0)
        self.twilio.stopped_by.clear()
        self.voice.calls.clear()
        self.meta.forget()
        self.world.journal.clear()

    async def close(self) -> None:
        """Stop everything."""
        if self.relay is not None:
            self.relay.close()
        await self.visitor.close()
        for courier in self.couriers.values():
            await courier.close()
        await self.http.close()
        self.razorpay.book.close()
        self.razorpay_mandates.book.close()
        self.stripe.book.close()
