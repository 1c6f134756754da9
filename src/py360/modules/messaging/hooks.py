"""Which account a webhook belongs to: its signature says so. Accounts are remembered for some seconds, since vendors call
thousands of times a minute and opening sealed secrets is slow."""

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from py360.kit import resources
from py360.kit.errors import BadRequest, Unauthenticated
from py360.modules.messaging.jobs import inbox
from py360.modules.messaging.vendors.base import Hook
from py360.modules.providers.api import MetaSettings, ProviderAccount, accounts_of_type

REMEMBER_SECONDS: Final = 10.0
REFRESH_SECONDS: Final = 1.0

Reader = Callable[[ProviderAccount], list[Hook] | None]


@dataclass(slots=True)
class _Known:
    of: resources.Resources
    at: float
    accounts: Sequence[ProviderAccount]


_known: dict[str, _Known] = {}


async def _accounts(type: str, max_age: float) -> Sequence[ProviderAccount]:
    now, here = time.monotonic(), resources.current()
    known = _known.get(type)
    if known is None or known.of is not here or now - known.at > max_age:
        known = _known[type] = _Known(here, now, await accounts_of_type(type, max_age))
    return known.accounts


async def receive(type: str, read: Reader) -> int:
    """Verify a webhook with every account of its vendor and store its events; how many it held.

    Raises Unauthenticated when no account's secret signed it, BadRequest when it is not what the vendor documents.
    """
    for max_age in (REMEMBER_SECONDS, REFRESH_SECONDS):  # a new secret is looked up at once, at most once a second
        for account in await _accounts(type, max_age):
            try:
                hooks = read(account)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadRequest("This is not a webhook of this vendor.", code="bad_webhook") from error
            if hooks is not None:
                await inbox.put(type, hooks, account.id)
                return len(hooks)
    raise Unauthenticated("The signature of this webhook is not valid.", code="bad_signature")


async def knows_verify_token(type: str, token: str) -> bool:
    """Whether a webhook subscription (Meta's challenge) carries the token of one of our accounts."""
    accounts = await _accounts(type, REFRESH_SECONDS)
    known = [account.expect(MetaSettings).webhook_token for account in accounts]
    return any(
        each is not None and hmac.compare_digest(each.get_secret_value().encode(), token.encode()) for each in known
    )
