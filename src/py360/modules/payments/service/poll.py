"""Asking the gateway: for payments whose webhook has not come (lost, late, or ours was down).

An open order is asked about after 3 minutes or as soon as its customer comes back, then after longer and longer pauses,
until a day after it closed. Each round is claimed in a short transaction, asked outside of any, and applied like a webhook.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from py360.kit import db, resources
from py360.kit.crypto import sign
from py360.kit.db import unit_of_work
from py360.kit.vendor import VendorError
from py360.modules.payments import gateways
from py360.modules.payments.apply_events import apply
from py360.modules.payments.bulk import ORDER_PURPOSE
from py360.modules.payments.vendors.base import Facts
from py360.modules.providers.api import ProviderAccount

log = structlog.get_logger()
FIRST_AFTER: Final = timedelta(minutes=3)
ROUND: Final = 100
AT_ONCE: Final = 5

# After the n-th time: 3, 6, 12, ... minutes, at most 6 hours. A day after the order closed we stop asking.
_CLAIM: Final = """
update payments p set
  polls = polls + 1,
  next_poll_at = case when p.expires_at < %(now)s - interval '1 day' and not exists (
      select 1 from payment_refunds r where r.payment_id = p.id and r.status = 'pending') then null
    else %(now)s + least(interval '3 minutes' * power(2, least(polls, 10)), interval '6 hours') end
where id in (
  select id from payments where next_poll_at <= %(now)s order by next_poll_at limit %(limit)s for update skip locked)
returning id, provider_id, order_id, gateway_payment_id
"""
_REFUNDS_OPEN: Final = """
select distinct payment_id from payment_refunds where payment_id = any(%(ids)s) and status = 'pending'
"""


@dataclass(frozen=True, slots=True)
class PollRow:
    """A payment to ask about."""

    id: int
    provider_id: int
    order_id: str | None
    gateway_payment_id: str | None


async def poll() -> bool:
    """Ask about the orders whose time has come; whether there may be more."""
    async with unit_of_work() as session:
        claim = {"now": resources.current().clock.now(), "limit": ROUND}
        rows = await db.fetch_all(session, PollRow, _CLAIM, claim)
    await _ask(rows)
    return len(rows) == ROUND


async def _ask(rows: Sequence[PollRow]) -> None:
    if not rows:
        return
    ids = [row.id for row in rows]
    async with unit_of_work() as session:
        providers = {row.provider_id for row in rows}
        known = {number: await gateways.get(session, number) for number in providers}
        returning = set(await db.fetch_all(session, int, _REFUNDS_OPEN, {"ids": ids}))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(row: PollRow) -> Facts:
        async with gate:
            return await _facts(known[row.provider_id], row, row.id in returning)

    answers = await asyncio.gather(*(one(row) for row in rows))
    news: dict[int, list[Facts]] = defaultdict(list)
    for row, facts in zip(rows, answers, strict=True):
        news[row.provider_id].append(facts)
    async with unit_of_work() as session:
        await apply(session, news, also=ids)


async def _facts(account: ProviderAccount, row: PollRow, with_refunds: bool) -> Facts:
    """What the gateway reports about one payment; silence says nothing, and we ask again later."""
    gateway = gateways.gateway(account)
    try:
        if row.order_id is None:
            return await gateway.find(account, sign(ORDER_PURPOSE, str(row.id)))
        found = [await gateway.ask(account, row.order_id)]
        if with_refunds and row.gateway_payment_id:
            found.append(await gateway.ask_refunds(account, row.gateway_payment_id))
        return Facts.joined(found)
    except (VendorError, TimeoutError) as error:
        log.warning("the gateway did not answer about a payment", payment_id=row.id, error=str(error))
        return Facts()
