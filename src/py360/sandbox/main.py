"""The sandbox's process: the vendors' HTTP paths on one port, the mail relay on another."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import uvicorn
import uvloop
from fastapi import FastAPI, Request, Response

from py360.kit.settings import Settings
from py360.sandbox import control, meta, oauth, openai, twilio, twilio_voice
from py360.sandbox.razorpay import api as razorpay
from py360.sandbox.razorpay import checkout
from py360.sandbox.razorpay import mandates as razorpay_mandates
from py360.sandbox.relay import Relay
from py360.sandbox.stripe import api as stripe
from py360.sandbox.vendors import Vendors
from py360.sandbox.world import Refused

HOST: Final = "127.0.0.1"  # the secrets of a sandbox are worth nothing, but nobody else has business here


def create_app(vendors: Vendors) -> FastAPI:
    """The vendors' HTTP face."""
    app = FastAPI(title="Py360 vendors' sandbox", docs_url="/docs", redoc_url=None)
    app.include_router(control.routes(vendors))
    app.include_router(razorpay.routes(vendors.razorpay))
    app.include_router(razorpay_mandates.routes(vendors.razorpay_mandates))
    app.include_router(razorpay_mandates.pages(vendors.razorpay_mandates))
    app.include_router(checkout.routes(vendors.razorpay))
    app.include_router(stripe.routes(vendors.stripe, vendors.stripe_mandates))
    app.include_router(stripe.pages(vendors.stripe, vendors.stripe_mandates))
    app.include_router(twilio.routes(vendors.twilio))
    app.include_router(twilio_voice.routes(vendors.voice))
    app.include_router(meta.routes(vendors.meta))
    app.include_router(openai.routes())
    app.include_router(oauth.routes(vendors.tokens))
    app.add_exception_handler(Refused, _refused)

    @app.get("/", tags=["control"])
    async def about() -> dict[str, str]:
        """Says what this is."""
        return {"service": "py360 sandbox", "callsBack": vendors.world.callback}

    return app


async def _refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return refused.response


@asynccontextmanager
async def opened(
    *, secret: str, callback: str, http_port: int, smtp_port: int, folder: Path | None = None
) -> AsyncIterator[Vendors]:
    """A sandbox that listens on these ports (0: any free one) until the end of the block.

    `callback` is the base address of the installation it calls back; `folder` keeps the gateway's payment links.
    Raises OSError when a port is taken.
    """
    listener = socket.create_server((HOST, http_port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else every answer may wait 40 ms for an ACK
    vendors = Vendors.open(secret, callback.rstrip("/"), f"http://{HOST}:{listener.getsockname()[1]}", folder)
    config = uvicorn.Config(create_app(vendors), log_level="warning", access_log=False, lifespan="off")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    try:
        vendors.relay = await Relay(vendors.world).open(HOST, smtp_port)
        await server.startup(sockets=[listener])  # not serve(): signals are the owner's of this event loop
        yield vendors
        await server.shutdown(sockets=[listener])
    finally:
        listener.close()
        await vendors.close()


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with opened(
        secret=settings.sandbox_secret,
        callback=settings.public_url,
        http_port=settings.sandbox_port,
        smtp_port=settings.sandbox_smtp_port,
        folder=settings.home / "sandbox",
    ):
        await stop.wait()


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError when a port is taken."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd writes a line per command
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))
