"""Webhooks of the gateways: which account an event belongs to, and what its facts do. The inbox itself is `kit.webhooks`."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.crypto import BadToken, verify
from py360.kit.webhooks import Event, Item, Outcome, Request
from py360.modules.payments.apply_events import apply as apply_facts
from py360.modules.payments.bulk import ORDER_PURPOSE
from py360.modules.payments.gateways import GATEWAYS
from py360.modules.payments.mandates import follow as mandates
from py360.modules.payments.vendors.base import Facts, Gateway
from py360.modules.providers import api as providers
from py360.modules.providers.api import ProviderAccount

# The accounts whose orders or payments an event names.
_OWNERS: Final = """
select provider_id from payments where id = any(%(own)s) and provider_id = any(%(accounts)s)
union
select provider_id from payments where order_id = any(%(orders)s) and provider_id = any(%(accounts)s)
union
select provider_id from payments where gateway_order = any(%(gateway_orders)s) and provider_id = any(%(accounts)s)
union
select provider_id from payment_attempts
where attempt_id = any(%(attempts)s) and payment_id is not null and provider_id = any(%(accounts)s)
"""


class GatewayWebhooks:
    """The webhooks of one gateway."""

    def __init__(self, name: str, gateway: Gateway) -> None:
        self.name = name
        self._gateway = gateway

    async def accounts(self, max_age: float) -> Sequence[ProviderAccount]:
        """Every account at the gateway."""
        return await providers.accounts_of_type(self.name, max_age)

    def parse(self, request: Request) -> Sequence[Item]:
        """The events of a request."""
        return self._gateway.parse(request)

    def verify(self, account: ProviderAccount, request: Request) -> bool:
        """Whether the account's webhook secret signed the request."""
        return self._gateway.verify(account, request)

    async def accounts_of(self, item: Item, accounts: Sequence[ProviderAccount]) -> Sequence[ProviderAccount] | None:
        """The accounts of the merchant that the event names; of several, the one whose order or payment it names.

        What names no order of ours (several shops may share a merchant) is news for each account of the merchant, and
        belongs to no payment of it.
        """
        merchant = self._gateway.merchant(item.payload)
        same = [each for each in accounts if _is_of(each, merchant)]
        if len(same) < 2:
            return same
        try:
            owners = await _owners(self._gateway.facts(item.payload), [each.id for each in same])
        except ValueError:  # what cannot be read is a dead letter of each
            return same
        return [each for each in same if each.id in owners] or same


def _is_of(account: ProviderAccount, merchant: str | None) -> bool:
    known = account.settings.identifiers()
    return merchant is None or not known or merchant in known


async def _owners(facts: Facts, accounts: Sequence[int]) -> Collection[int]:
    named = facts.orders, facts.attempts
    params = {
        "accounts": list(accounts),
        "own": [number for order in facts.orders if (number := _own(order.reference))],
        "orders": [order.order_id for group in named for order in group if order.order_id],
        "gateway_orders": [order.gateway_order for group in named for order in group if order.gateway_order],
        "attempts": [each.attempt_id for group in (facts.attempts, facts.refunds, facts.disputes) for each in group],
    }
    async with db.unit_of_work() as session:
        return set(await db.fetch_all(session, int, _OWNERS, params))


def _own(reference: str | None) -> int | None:
    try:
        return int(verify(ORDER_PURPOSE, reference)) if reference else None
    except BadToken:
        return None


HOOKS: Final = {name: GatewayWebhooks(name, gateway) for name, gateway in GATEWAYS.items()}


async def apply(session: AsyncSession, events: Sequence[Event]) -> Outcome:
    """Apply a batch; one that cannot be read must not stop the others."""
    news: dict[int, list[Facts]] = defaultdict(list)
    outcome = Outcome()
    for event in events:
        if event.account_id is None:
            outcome.dead[event.id] = "It belongs to no account of this installation."
            continue
        try:
            news[event.account_id].append(GATEWAYS[event.vendor].facts(event.payload))
        except ValueError as error:
            outcome.dead[event.id] = str(error)
    await apply_facts(session, news)
    await mandates.apply(session, news)
    return outcome
