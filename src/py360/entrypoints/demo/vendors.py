"""What the demo asks of the vendors' sandbox: how its customers behave, whether all is quiet, and what it counted."""

import asyncio
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import aiohttp

from py360.entrypoints.home import Refusal
from py360.kit.money import from_paise
from py360.kit.settings import Settings

CHANNELS: Final = ("email", "sms", "whatsapp")
START_SECONDS: Final = 10.0
EARLIER_SECONDS: Final = 120.0  # for what is under way from before


class Vendors:
    """The sandbox's control interface. Counts are of this demo only: earlier ones are subtracted."""

    def __init__(self, http: aiohttp.ClientSession, settings: Settings) -> None:
        self._http = http
        self._base = settings.sandbox_url
        self._headers = {"Authorization": f"Bearer {settings.sandbox_secret}"}
        self._before: dict[str, dict[str, int]] = {}

    async def begin(self, seed: str) -> None:
        """Count from here, and give the customers another mind than last time. Raises Refusal."""
        await self._wait_for_it()
        if not await self.quiet(EARLIER_SECONDS):
            raise Refusal("The sandbox's customers are still busy with earlier messages. Try again in some minutes.")
        await self._call("PUT", "/control/behaviour", json={"seed": seed, "reportsSent": True})
        self._before = (await self._call("GET", "/control"))["counts"]

    async def hurry(self) -> None:
        """For a big portfolio: the vendors report how each message ended, not that it is on its way."""
        await self._call("PUT", "/control/behaviour", json={"reportsSent": False})

    async def _wait_for_it(self) -> None:
        """The sandbox may start a moment after the API."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                await self.quiet(1)
                return
            except Refusal:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def quiet(self, seconds: float) -> bool:
        """Wait until nothing is under way; whether that came about in time."""
        answer = await self._call("POST", "/control/drain", params={"timeout": seconds})
        return bool(answer["quiet"])

    async def counts(self) -> dict[str, dict[str, int]]:
        """What happened since `begin`, by channel, of payments and of customers."""
        now: dict[str, dict[str, int]] = (await self._call("GET", "/control"))["counts"]
        return {
            group: {name: number - self._before.get(group, {}).get(name, 0) for name, number in names.items()}
            for group, names in now.items()
        }

    async def _call(self, method: str, path: str, **request: Any) -> Any:
        try:
            async with self._http.request(method, self._base + path, headers=self._headers, **request) as answer:
                if answer.status == 200:
                    return await answer.json()
                raise Refusal(f"The vendors' sandbox at {self._base} answered {answer.status} to {path}.")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Refusal(
                f"The vendors' sandbox does not answer at {self._base}. Start it with: py360 up (or py360 sandbox)"
            ) from error


def captured(counts: Mapping[str, Mapping[str, int]]) -> tuple[int, Decimal]:
    """How many payments the sandbox's gateway captured, and their sum in INR."""
    payments = counts.get("payments", {})
    return payments.get("captured", 0), from_paise(payments.get("capturedPaise", 0))
