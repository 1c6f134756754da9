"""The gateway accounts of a client: the `providers` rows of channel `payment`."""

from collections.abc import Mapping
from typing import Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.crypto import seal, unseal
from py360.kit.errors import Unavailable
from py360.kit.reads import Reads
from py360.kit.settings import Settings
from py360.modules.payments.vendors.base import Account, Gateway
from py360.modules.payments.vendors.razorpay import Razorpay

GATEWAYS: Final[Mapping[str, Gateway]] = {"razorpay": Razorpay()}
SANDBOX_NAME: Final = "Razorpay (sandbox)"

_COLUMNS: Final = "id, client_id, type, is_sandbox, config_encrypted"
_CHOOSE: Final = f"""
select {_COLUMNS} from providers
where client_id = %(client_id)s and channel = 'payment' and type = any(%(types)s) and is_active
order by is_sandbox, is_default desc, id limit 1
"""
_OF_TYPE: Final = f"select {_COLUMNS} from providers where channel = 'payment' and type = %(type)s order by id"
_ONE: Final = f"select {_COLUMNS} from providers where id = %(id)s and channel = 'payment'"
_SEED: Final = """
insert into providers (client_id, name, channel, type, is_active, is_default, is_sandbox, status, config_encrypted)
select %(client_id)s, %(name)s, 'payment', 'razorpay', true,
       not exists (select 1 from providers where client_id = %(client_id)s and channel = 'payment' and is_default),
       true, 'connected', %(config)s
where not exists (select 1 from providers where channel = 'payment' and not is_sandbox)
on conflict (client_id, channel, name) do update set config_encrypted = excluded.config_encrypted
where providers.is_sandbox
"""


class NoGateway(Unavailable):
    """Online payment is not set up. Add a payment gateway account under Settings, Providers."""

    default_code = "no_gateway"


def gateway(account: Account) -> Gateway:
    """The translator that speaks with an account's vendor."""
    return GATEWAYS[account.type]


def _account(row: db.Row) -> Account:
    config = orjson.loads(unseal(row["config_encrypted"]))
    return Account(row["id"], row["client_id"], row["type"], row["is_sandbox"], config)


async def choose(session: AsyncSession, client_id: int) -> Account:
    """The account new orders go to: a real one before the sandbox, the default before others; raises NoGateway."""
    row = await db.one(session, _CHOOSE, {"client_id": client_id, "types": list(GATEWAYS)})
    if row is None:
        raise NoGateway
    return _account(row)


async def get(session: AsyncSession, provider_id: int) -> Account:
    """An account by its number, active or not: its open orders are still followed. Raises NoGateway when it is gone."""
    row = await db.one(session, _ONE, {"id": provider_id})
    if row is None:
        raise NoGateway
    return _account(row)


async def of_type(reads: Reads, vendor: str) -> list[Account]:
    """Every account at a vendor; a webhook names none, so its signature tells which one it is."""
    return [_account(row) for row in await reads.all(_OF_TYPE, {"type": vendor})]


async def seed_sandbox(session: AsyncSession, client_id: int, settings: Settings) -> None:
    """The sandbox account of a client; may be repeated, and follows the sandbox's address."""
    config = {
        "base_url": settings.sandbox_url,
        "key_id": "rzp_test_sandbox",
        "key_secret": settings.sandbox_secret,
        "webhook_secret": settings.sandbox_secret,
    }
    await db.execute(
        session, _SEED, {"client_id": client_id, "name": SANDBOX_NAME, "config": seal(orjson.dumps(config).decode())}
    )
