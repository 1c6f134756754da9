"""Testing an account at its vendor. The modules that call vendors are above this one, so wiring registers their checks."""

from collections.abc import Awaitable, Callable
from typing import Final

from py360.modules.providers.accounts import ProviderAccount
from py360.modules.providers.errors import VendorNotAvailable

# Signs in at the vendor and says in one sentence that the account works; raises VendorError with the reason when it does not.
Check = Callable[[ProviderAccount], Awaitable[str]]
_checks: Final[dict[str, Check]] = {}


def use_check(channel: str, check: Check) -> None:
    """Register how the accounts of a channel are tested."""
    _checks[channel] = check


async def check(account: ProviderAccount) -> str:
    """Test an account at its vendor. Raises VendorError, and VendorNotAvailable when that vendor is not supported."""
    if account.channel not in _checks:
        raise VendorNotAvailable(f"{account.type} accounts cannot be tested yet: choose another vendor.")
    return await _checks[account.channel](account)
