"""Asking gateways about mandates whose webhook has not come: those that wait for the customer or the bank."""

from datetime import timedelta
from typing import Final

import structlog

from py360.kit import db, resources
from py360.kit.db import unit_of_work
from py360.kit.vendor import VendorError
from py360.modules.payments import gateways
from py360.modules.payments.mandates import follow
from py360.modules.payments.mandates.stored import lock
from py360.modules.payments.vendors.base import Facts

log = structlog.get_logger()
ROUND: Final = 100
# After the n-th time: 10, 20, 40, ... minutes, at most 12 hours. A link that ran out two days ago is asked about no more.
_CLAIM: Final = """
update payment_mandates m set
  polls = polls + 1,
  next_poll_at = case when m.status in ('active', 'paused') then %(now)s + interval '12 hours'
    when m.link_expires_at < %(now)s - interval '2 days' and m.token is null then null
    else %(now)s + least(interval '10 minutes' * power(2, least(polls, 8)), interval '12 hours') end
where id in (
  select id from payment_mandates where next_poll_at <= %(now)s and status in ('created', 'pending', 'active', 'paused')
  order by next_poll_at limit %(limit)s for update skip locked)
returning id
"""
# A link that ran out while nobody answered: what waits for nothing must not stand in the way of another mandate.
_RAN_OUT: Final = """
update payment_mandates set link_status = 'expired', link_level = 3
where status = 'created' and link_expires_at < %(before)s and token is null returning id
"""


async def poll() -> None:
    """Ask about the mandates whose time has come."""
    now = resources.current().clock.now()
    async with unit_of_work() as session:
        due = await db.fetch_all(session, int, _CLAIM, {"now": now, "limit": ROUND})
    for mandate_id in due:
        await ask(mandate_id)
    async with unit_of_work() as session:
        ran_out = await db.fetch_all(session, int, _RAN_OUT, {"before": now - timedelta(hours=1)})
        await follow.recompute(session, set(ran_out))


async def ask(mandate_id: int) -> None:
    """Ask the gateway about one mandate now; silence says nothing."""
    async with unit_of_work() as session:
        (mandate,) = await lock(session, [mandate_id])
        account = await gateways.get(session, mandate.provider_id)
    try:
        facts = await gateways.gateway(account).mandates.ask(account, mandate.known)
    except (VendorError, TimeoutError) as error:
        log.warning("the gateway did not answer about a mandate", mandate_id=mandate_id, error=str(error))
        return
    async with unit_of_work() as session:
        await follow.apply(session, {account.id: [Facts(mandates=tuple(facts))]})
