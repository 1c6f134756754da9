"""What every simulated vendor shares: the secret, our address, the clock and the customers."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import Request, Response

from py360.kit.clock import Clock, SystemClock
from py360.sandbox.audience import Audience
from py360.sandbox.journal import Journal
from py360.sandbox.timeline import Timeline


class Refused(Exception):
    """The vendor refuses, in its own words: raised anywhere below a route, the response is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(slots=True)
class World:
    """One sandbox: where it calls back to and what it knows."""

    secret: str  # token, password and webhook key of every account
    callback: str  # base address of the installation under test, without a trailing slash
    address: str  # our own base address, without a trailing slash
    journal: Journal
    timeline: Timeline
    audience: Audience
    folder: Path | None = None  # where the gateway keeps its payment links; None: in memory
    clock: Clock = field(default_factory=SystemClock)

    def now(self) -> datetime:
        """The moment."""
        return self.clock.now()

    async def json(self, request: Request) -> dict[str, Any]:
        """The request's JSON object; empty when it is none (each vendor then complains in its own way)."""
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return {}
        return body if isinstance(body, dict) else {}

    async def form(self, request: Request) -> dict[str, str]:
        """The request's URL-encoded fields."""
        return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))

    def knows(self, request: Request, user: str | None = None) -> bool:
        """Whether HTTP basic authentication carries the secret (and this user, when one is named)."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        right = hmac.compare_digest(password.encode(), self.secret.encode())
        return right and scheme.lower() == "basic" and user in (None, name)
