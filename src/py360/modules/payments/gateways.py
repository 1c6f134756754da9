"""The payment gateways: which account orders go to, and what calls its vendor."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.errors import Conflict
from py360.modules.payments.vendors.base import Gateway
from py360.modules.payments.vendors.razorpay import Razorpay
from py360.modules.payments.vendors.stripe import Stripe
from py360.modules.providers import api as providers
from py360.modules.providers.api import ProviderAccount

GATEWAYS: Final[Mapping[str, Gateway]] = {"razorpay": Razorpay(), "stripe": Stripe()}
CHANNEL: Final = "payment"


class NoGateway(Conflict):
    """Online payment is not set up. Add a payment gateway account under Settings, Providers, or switch one on."""

    default_code = "no_gateway"


def gateway(account: ProviderAccount) -> Gateway:
    """The adapter that calls an account's vendor."""
    return GATEWAYS[account.type]


async def choose(session: AsyncSession, client_id: int) -> ProviderAccount:
    """The account that new orders go to; the sandbox only while the client has no real one. Raises NoGateway."""
    try:
        return await providers.account(session, client_id, CHANNEL)
    except Conflict as error:
        raise NoGateway from error


async def get(session: AsyncSession, provider_id: int) -> ProviderAccount:
    """An account by its number, active or not: its open orders are still followed. Raises NoGateway when it is gone."""
    account = await providers.get(session, provider_id)
    if account is None:
        raise NoGateway
    return account


async def check(account: ProviderAccount) -> str:
    """Test an account at its gateway: one sentence. Raises VendorError."""
    return await gateway(account).check(account)
