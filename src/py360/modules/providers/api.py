"""What other modules may call: the account to use, and its check."""

from py360.modules.providers.accounts import (
    ProviderAccount,
    account,
    accounts_of_type,
    mark_used,
    open_config,
    reseal,
    seal_config,
)
from py360.modules.providers.checks import Check, use_check
from py360.modules.providers.errors import VendorNotAvailable
from py360.modules.providers.seed import sandbox_in_use, seed

__all__ = [
    "Check",
    "ProviderAccount",
    "VendorNotAvailable",
    "account",
    "accounts_of_type",
    "mark_used",
    "open_config",
    "reseal",
    "sandbox_in_use",
    "seal_config",
    "seed",
    "use_check",
]
