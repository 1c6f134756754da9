"""Vendor accounts of the tests."""

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.providers.accounts import seal_settings
from py360.modules.providers.seed import sandbox_accounts
from py360.modules.providers.vendor_settings import VendorSettings
from py360.sandbox.behaviour import Behaviour
from py360.sandbox.vendors import Vendors

ALL_REACHED = Behaviour().changed(
    {
        "email": {"refused": 0, "failed": 0, "deferred": 0, "stopped": 0, "complained": 0},
        "sms": {"failed": 0, "stopped": 0},
        "whatsapp": {"failed": 0, "stopped": 0},
    }
)  # one address in sixty bounces otherwise, and which ones a test writes to depends on those before it


async def set_up(channel: str, settings: VendorSettings) -> None:
    """Give the sandbox account of a channel these settings."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "update providers set config_encrypted = %(config)s where channel = %(channel)s and is_sandbox",
            {"config": seal_settings(settings), "channel": channel},
        )


def sandbox_settings(channel: str, **changed: object) -> VendorSettings:
    """The settings of the first client's sandbox account of a channel, some of them changed."""
    return sandbox_accounts(1, "Test Insurance")[channel][1].model_copy(update=changed)


async def point_at(vendors: Vendors) -> None:
    """Have the sandbox accounts use these vendors."""
    assert vendors.relay is None or vendors.relay.sockets
    for channel in ("email", "sms", "whatsapp", "call", "payment"):
        if channel != "email":
            await set_up(channel, sandbox_settings(channel, base_url=vendors.world.address))
        elif vendors.relay is not None:
            port = vendors.relay.sockets[0].getsockname()[1]
            await set_up(channel, sandbox_settings(channel, smtp_port=port))


async def sandbox_account(channel: str, client_id: int) -> int:
    """The number of a client's sandbox account of a channel."""
    async with unit_of_work() as session:
        return await db.fetch_only(
            session,
            int,
            "select id from providers where client_id = %(client)s and channel = %(channel)s and is_sandbox",
            {"client": client_id, "channel": channel},
        )
