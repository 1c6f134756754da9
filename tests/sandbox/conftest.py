"""A sandbox on free ports, and a receiver that stands where our API would: it keeps every webhook it is sent."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest_asyncio
from aiohttp import web

from py360.sandbox.main import opened
from py360.sandbox.vendors import Vendors

SECRET = "sandbox-secret-of-the-tests"


@dataclass
class Call:
    """One request the receiver got."""

    method: str
    path: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Our installation as the vendors see it: an address, the calls that came, and the status it answers."""

    url: str
    calls: list[Call] = field(default_factory=list)
    status: int = 200
    pages: dict[str, str] = field(default_factory=dict)  # path -> HTML
    redirects: dict[str, str] = field(default_factory=dict)  # path -> address, answered with 303

    def to(self, path: str) -> list[Call]:
        """The calls that came to a path."""
        return [call for call in self.calls if call.path == path]

    async def answer(self, request: web.Request) -> web.Response:
        """Keep the call; answer with a page, a redirect or the status."""
        body = await request.read()
        self.calls.append(Call(request.method, request.path, str(request.url), dict(request.headers), body))
        if request.path in self.redirects:
            return web.Response(status=303, headers={"Location": self.redirects[request.path]})
        if request.path in self.pages:
            return web.Response(text=self.pages[request.path], content_type="text/html")
        return web.Response(status=self.status)


@dataclass
class Sandbox:
    """A running sandbox and a client that talks to it."""

    vendors: Vendors
    url: str
    smtp_port: int
    http: aiohttp.ClientSession

    async def control(self, method: str, path: str, body: object = None) -> dict:
        """Call the control interface."""
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with self.http.request(method, f"{self.url}/control{path}", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def certain(self, **rates: object) -> None:
        """Nobody bounces, opens, clicks, stops or pays unless named here; and everything happens at once."""
        nobody = dict.fromkeys(("refused", "failed", "deferred", "opened", "clicked", "stopped", "complained"), 0)
        quick = dict.fromkeys(("delivered", "opened", "clicked", "paid"), 0.01)
        base = {"email": nobody, "sms": nobody, "whatsapp": nobody, "pay": 0, "declined": 0, "delays": quick}
        await self.control("PUT", "/behaviour", base)
        await self.control("PUT", "/behaviour", rates)

    async def drain(self, timeout: float = 20) -> None:
        """Wait until it is quiet."""
        answer = await self.control("POST", f"/drain?timeout={timeout}")
        assert answer["quiet"], answer

    async def counts(self) -> dict:
        """The counts."""
        return (await self.control("GET", ""))["counts"]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Our API's place, on a free port."""
    kept = Receiver("")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", kept.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    kept.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield kept
    await runner.cleanup()


@pytest_asyncio.fixture
async def sandbox(receiver: Receiver) -> AsyncIterator[Sandbox]:
    """A sandbox that calls the receiver."""
    async with (
        opened(secret=SECRET, callback=receiver.url, http_port=0, smtp_port=0) as vendors,
        aiohttp.ClientSession() as http,
    ):
        assert vendors.relay is not None
        port = vendors.relay.sockets[0].getsockname()[1]
        yield Sandbox(vendors, vendors.world.address, port, http)
