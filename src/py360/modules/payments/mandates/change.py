"""Stopping: a mandate is cancelled by the office or the customer, paused and resumed by the office, a debit called off."""

from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.crypto import verify
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, NotFound
from py360.kit.ids import code
from py360.kit.vendor import VendorError
from py360.modules.cases import api as cases
from py360.modules.payments import gateways
from py360.modules.payments.balance import balance
from py360.modules.payments.mandates import follow
from py360.modules.payments.mandates.stored import ENDED, PAGE, Mandate, current_case, lock, within_reach
from py360.modules.payments.notices import warn
from py360.modules.payments.service.order import GatewayAway
from py360.modules.payments.vendors.base import Facts
from py360.modules.providers.api import ProviderAccount

Who = Literal["office", "customer"]
# Ours counts at once, whatever the gateway answers: nothing is debited from now on.
_CANCEL: Final = """
update payment_mandates set status = 'cancelled', link_status = 'cancelled', link_level = 3, cancelled_by = %(who)s,
  reason = %(reason)s, ended_at = %(now)s, next_poll_at = %(now)s where id = %(id)s
"""
_ENDED: Final = "update payment_mandates set next_poll_at = null where id = %(id)s"
_PAUSE: Final = (
    "update payment_mandates set paused_at = %(now)s, paused_by = %(user_id)s, reason = %(reason)s where id = %(id)s"
)
_RESUME: Final = "update payment_mandates set paused_at = null, paused_by = null, reason = null where id = %(id)s"
_STOP_DEBIT: Final = """
update mandate_debits set status = 'cancelled', reason = %(reason)s, finished_at = %(now)s
where id = %(id)s and mandate_id = %(mandate_id)s and status in ('planned', 'notified') returning id
"""
_DEBIT: Final = "select status from mandate_debits where id = %(id)s and mandate_id = %(mandate_id)s"
_LIVE_DEBIT: Final = """
select id from mandate_debits where mandate_id = %(id)s and status in ('planned', 'notifying', 'notified') order by id desc limit 1
"""
_CANCELLED_BY_US: Final = """
select m.id from payment_mandates m where m.status = 'cancelled' and m.next_poll_at <= %(now)s order by m.id limit 100
"""
_LATER: Final = "update payment_mandates set next_poll_at = %(later)s where id = %(id)s"


async def cancel(caller: Caller, mandate_id: int, reason: str) -> None:
    """Cancel a mandate for the office, here at once and at the gateway.

    Raises NotFound, Conflict (`mandate_ended`) and GatewayAway: then the mandate is cancelled here, nothing is debited, and the
    gateway is told again by the poller.
    """
    async with unit_of_work() as session:
        mandate = await within_reach(session, caller, mandate_id)
        if mandate.status in ENDED:
            raise Conflict(f"{code('mandate', mandate_id)} is {mandate.status} already.", code="mandate_ended")
        await _cancel(session, mandate, "office", reason)
        account = await gateways.get(session, mandate.provider_id)
    if not await end_at_gateway(account, mandate):
        raise GatewayAway


async def cancel_by_customer(token: str) -> bool:
    """Cancel a mandate from the customer's page; whether it was in force. Raises BadToken."""
    async with unit_of_work() as session:
        (mandate,) = await lock(session, [int(verify(PAGE, token))])
        if mandate.status in ENDED:
            return False
        await _cancel(session, mandate, "customer", "Cancelled on the customer's page.")
        case = await balance(session, await current_case(session, mandate))
        sentence = f"{code('mandate', mandate.id)} of {case.case_number} was cancelled by the customer. Take the payment another way."
        await warn(session, case, None, "Mandate cancelled", sentence)
        account = await gateways.get(session, mandate.provider_id)
    await end_at_gateway(account, mandate)  # where it is away, the poller tells it again
    return True


async def _cancel(session: AsyncSession, mandate: Mandate, who: Who, reason: str) -> None:
    params = {"id": mandate.id, "who": who, "reason": reason, "now": resources.current().clock.now()}
    await db.execute(session, _CANCEL, params)
    await follow.stop_debits(session, mandate.id, "The mandate is cancelled.")
    if who == "office":
        number = await current_case(session, mandate)
        await cases.note_payment(session, number, "Mandate cancelled", f"{code('mandate', mandate.id)}: {reason}")


async def end_at_gateway(account: ProviderAccount, mandate: Mandate) -> bool:
    """End a mandate at its gateway; whether the gateway answered."""
    try:
        facts = await gateways.gateway(account).mandates.cancel(account, mandate.known)
    except (VendorError, TimeoutError):
        return False
    async with unit_of_work() as session:
        await follow.apply(session, {account.id: [Facts(mandates=tuple(facts))]})
        if mandate.token or not any(fact.token for fact in facts):
            await db.execute(session, _ENDED, {"id": mandate.id})
    return True


async def pause(session: AsyncSession, caller: Caller, mandate_id: int, reason: str) -> None:
    """Debit nothing until the office resumes it; debits that were announced are called off. Raises NotFound and Conflict."""
    mandate = await within_reach(session, caller, mandate_id)
    if mandate.status != "active" or mandate.paused_at is not None:
        raise Conflict(f"{code('mandate', mandate_id)} is not active: it cannot be paused.", code="mandate_not_active")
    params = {"id": mandate_id, "now": resources.current().clock.now(), "user_id": caller.user_id, "reason": reason}
    await db.execute(session, _PAUSE, params)
    await follow.stop_debits(session, mandate_id, "The office paused the mandate.")
    await cases.note_payment(
        session, await current_case(session, mandate), "Mandate paused", f"{code('mandate', mandate_id)}: {reason}"
    )


async def resume(session: AsyncSession, caller: Caller, mandate_id: int) -> None:
    """Debit again. What the customer paused, only they resume, in their bank's application. Raises NotFound and Conflict."""
    mandate = await within_reach(session, caller, mandate_id)
    if mandate.status == "paused":
        raise Conflict(
            "The customer paused this mandate; only they can resume it, in their UPI application.",
            code="paused_by_customer",
        )
    if mandate.status != "active" or mandate.paused_at is None:
        raise Conflict(f"{code('mandate', mandate_id)} is not paused by the office.", code="mandate_not_paused")
    await db.execute(session, _RESUME, {"id": mandate_id})
    await cases.note_payment(
        session, await current_case(session, mandate), "Mandate resumed", f"{code('mandate', mandate_id)} debits again."
    )


async def stop_debit(session: AsyncSession, caller: Caller, mandate_id: int, debit_id: int, reason: str) -> None:
    """Call one debit off; the mandate stays. Raises NotFound, and Conflict once it was presented."""
    await within_reach(session, caller, mandate_id)
    await _stop_debit(session, mandate_id, debit_id, reason)


async def stop_debit_by_customer(token: str) -> bool:
    """Call the next debit off from the customer's page; whether there was one. Raises BadToken."""
    async with unit_of_work() as session:
        (mandate,) = await lock(session, [int(verify(PAGE, token))])
        debit_id = await db.fetch_one(session, int, _LIVE_DEBIT, {"id": mandate.id})
        if debit_id is None:
            return False
        await follow.stop_debits(session, mandate.id, "Stopped by the customer.")
        case = await balance(session, await current_case(session, mandate))
        sentence = f"The customer stopped the next debit for {case.case_number}. Ask them how they will pay."
        await warn(session, case, None, "Debit stopped", sentence)
        return True


async def _stop_debit(session: AsyncSession, mandate_id: int, debit_id: int, reason: str) -> None:
    params = {"id": debit_id, "mandate_id": mandate_id, "reason": reason, "now": resources.current().clock.now()}
    status = await db.fetch_one(session, str, _DEBIT, params)
    if status is None:
        raise NotFound(f"{code('mandate', mandate_id)} has no debit {debit_id}.")
    if await db.fetch_one(session, int, _STOP_DEBIT, params) is None:
        raise Conflict(f"This debit is {status}: it cannot be called off.", code="debit_not_open")


async def end_at_gateways() -> None:
    """End at their gateways the mandates that were cancelled here while a gateway was away."""
    now = resources.current().clock.now()
    async with unit_of_work() as session:
        mandates = await lock(session, await db.fetch_all(session, int, _CANCELLED_BY_US, {"now": now}))
        accounts = {each.provider_id: await gateways.get(session, each.provider_id) for each in mandates}
    for mandate in mandates:
        if not await end_at_gateway(accounts[mandate.provider_id], mandate):
            async with unit_of_work() as session:
                await db.execute(session, _LATER, {"id": mandate.id, "later": now + follow.ASK_AGAIN})
