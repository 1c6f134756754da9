"""What gateways report of mandates and of the debits under them, and what follows from it.

Facts are merged one by one (they are few beside those of payments): blanks are filled, and a status wins by how far it is and,
between active and paused, by its moment. So the order of events, and how often each comes, makes no difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.ids import code
from py360.kit.jobs import defer
from py360.kit.money import format_inr
from py360.modules.payments import notices
from py360.modules.payments.balance import balance
from py360.modules.payments.bulk import ORDER_PURPOSE
from py360.modules.payments.mandates.stored import ENDED, REGISTRATION, Mandate, current_case, lock, number
from py360.modules.payments.vendors.base import Facts
from py360.modules.payments.vendors.mandates import LEVELS, MandateFact
from py360.modules.settings import api as settings

ASK: Final = "payments.ask_mandate"
ASK_AGAIN: Final = timedelta(minutes=10)
_FIND: Final = """
select id from payment_mandates where provider_id = %(provider_id)s and (id = %(own)s
  or first_payment_id = %(own_payment)s or registration_id = %(registration_id)s or gateway_order = %(gateway_order)s or token = %(token)s) order by id
"""
_FILL: Final = """
update payment_mandates set
  registration_id = coalesce(registration_id, %(registration_id)s), gateway_order = coalesce(gateway_order, %(gateway_order)s),
  authorisation_url = coalesce(authorisation_url, %(url)s), token = coalesce(token, %(token)s),
  gateway_customer = coalesce(gateway_customer, %(customer)s), payment_method = coalesce(payment_method, %(payment_method)s)
where id = %(id)s
"""
_KEEP_LINK: Final = """
update payment_mandates set link_status = %(status)s, link_level = %(level)s where id = %(id)s and link_level < %(level)s
"""
# Authorised after it was cancelled here: the gateway is told again, now that its number is known.
_CANCEL_AGAIN: Final = "update payment_mandates set next_poll_at = %(now)s where id = %(id)s"
_KEEP_TOKEN: Final = sql.read(__file__, "keep_token")
_RECOMPUTE: Final = sql.read(__file__, "recompute_mandate")
_FOLLOW_DEBITS: Final = sql.read(__file__, "follow_debits")
_STOP_DEBITS: Final = """
update mandate_debits set status = 'cancelled', reason = %(reason)s, finished_at = %(now)s
where mandate_id = %(mandate_id)s and status in ('planned', 'notifying', 'notified')
returning id
"""
_RETRY: Final = """
insert into mandate_debits (client_id, mandate_id, case_id, outstanding_id, due_date, amount, debit_on, attempt)
values (%(client_id)s, %(mandate_id)s, %(case_id)s, %(outstanding_id)s, %(due_date)s, %(amount)s, %(debit_on)s, %(attempt)s)
on conflict do nothing returning id
"""
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "active": ("Mandate active", "The customer authorised {mandate}: {number} is debited by itself, after a notice."),
    "paused": ("Mandate paused", "The customer paused {mandate}: nothing of {number} is debited until they resume it."),
    "rejected": ("Mandate rejected", "{mandate} of {number} was rejected{reason}. Ask the customer again, or take the payment another way."),
    "expired": ("Mandate not authorised", "The customer did not authorise {mandate} of {number} in time. Send them a new one."),
    "cancelled": ("Mandate cancelled", "{mandate} of {number} was cancelled by the {by}{reason}. Take the payment another way."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """A mandate whose status changed."""

    id: int
    before: str
    status: str
    reason: str | None
    cancelled_by: str | None
    names_token: bool


@dataclass(frozen=True, slots=True)
class Finished:
    """A debit whose outcome is known by now. `was_answered`: by the gateway, not by the end of its time."""

    id: int
    mandate_id: int
    case_id: int
    outstanding_id: int | None
    due_date: date
    amount: Decimal
    attempt: int
    status: str
    reason: str | None
    was_answered: bool


async def apply(session: AsyncSession, news: Mapping[int, Sequence[Facts]]) -> None:
    """Merge what gateways reported of mandates, by account number, and follow the debits whose payments moved."""
    touched: set[int] = set()
    for provider_id, facts in sorted(news.items()):
        for fact in Facts.joined(facts).mandates:
            touched |= await _merge(session, provider_id, fact)
    await recompute(session, touched)
    await follow(session)


async def _merge(session: AsyncSession, provider_id: int, fact: MandateFact) -> set[int]:
    """Merge one fact; the mandates it is about. A token is kept also when it is not known yet whose it is."""
    params: dict[str, object] = {
        **asdict(fact), "provider_id": provider_id, "own": number(REGISTRATION, fact.reference),
        "own_payment": number(ORDER_PURPOSE, fact.reference),
    }  # fmt: skip
    if fact.token and fact.status and not fact.registration_id and not fact.reference:
        await db.execute(session, _KEEP_TOKEN, {**params, "level": LEVELS[fact.status]})
    found = await db.fetch_all(session, int, _FIND, params)
    for mandate in await lock(session, found):
        await db.execute(session, _FILL, {**params, "id": mandate.id})
        if mandate.status == "cancelled" and mandate.token is None and fact.token:
            await db.execute(session, _CANCEL_AGAIN, {"id": mandate.id, "now": resources.current().clock.now()})
        if fact.status and (fact.registration_id or fact.reference):
            await db.execute(
                session, _KEEP_LINK, {"id": mandate.id, "status": fact.status, "level": LEVELS[fact.status]}
            )
    return set(found)


async def recompute(session: AsyncSession, ids: set[int]) -> None:
    """The status of these mandates from what was reported, and what follows where it changed."""
    if not ids:
        return
    now = resources.current().clock.now()
    mandates = {each.id: each for each in await lock(session, sorted(ids))}
    for changed in await db.fetch_all(session, Changed, _RECOMPUTE, {"ids": sorted(ids), "now": now}):
        if changed.status == changed.before:
            continue
        if changed.status in (*ENDED, "paused"):
            await stop_debits(session, changed.id, f"The mandate is {changed.status}.")
        if changed.status == "pending":  # authorised, and the bank's word is still to come
            await defer(session, ASK, mandate_id=changed.id, queueing_lock=f"{ASK} {changed.id}")
        await _report(session, mandates[changed.id], changed)


async def _report(session: AsyncSession, mandate: Mandate, changed: Changed) -> None:
    """Notify the agent, and write it into the case's history. What the office did itself, it knows."""
    if changed.status not in _SENTENCES or (changed.status == "cancelled" and changed.cancelled_by == "office"):
        return
    case = await balance(session, await current_case(session, mandate))
    title, sentence = _SENTENCES[changed.status]
    reason = f" ({changed.reason.rstrip('.')})" if changed.reason else ""
    words = sentence.format(
        mandate=code("mandate", mandate.id), number=case.case_number, by=changed.cancelled_by, reason=reason
    )
    await notices.warn(session, case, None, title, words)


async def stop_debits(session: AsyncSession, mandate_id: int, reason: str) -> int:
    """Nothing that was not presented yet is debited any more; how many debits that were."""
    params = {"mandate_id": mandate_id, "reason": reason, "now": resources.current().clock.now()}
    return len(await db.fetch_all(session, int, _STOP_DEBITS, params))


async def follow(session: AsyncSession) -> None:
    """What became of the debits that were presented: paid, or failed and tried again by the office's rule."""
    params = {"now": resources.current().clock.now()}
    for debit in await db.fetch_all(session, Finished, _FOLLOW_DEBITS, params):
        if debit.status == "failed":
            await _after_failure(session, debit)


async def _after_failure(session: AsyncSession, debit: Finished) -> None:
    """Another attempt, with a notice of its own, while the rule allows one; a person is notified each time."""
    (mandate,) = await lock(session, [debit.mandate_id])
    case = await balance(session, debit.case_id)
    office = await settings.get(session, mandate.client_id, settings.Payments)
    amount, why = format_inr(debit.amount), (debit.reason or "no reason given").rstrip(".")
    sentence = f"The debit of {amount} for {case.case_number} failed: {why}."
    if not debit.was_answered:  # it may still come in; a second one would take the money twice
        sentence += " It is not tried again: ask the gateway what became of it."
    elif debit.attempt > office.debit_retries or not mandate.may_debit:
        sentence += " It is not tried again. Ask the customer to pay another way."
    else:
        debit_on = resources.current().clock.today() + timedelta(days=office.debit_retry_days)
        params: dict[str, object] = {
            "client_id": mandate.client_id, "mandate_id": mandate.id, "case_id": debit.case_id,
            "outstanding_id": debit.outstanding_id, "due_date": debit.due_date, "amount": debit.amount, "debit_on": debit_on,
            "attempt": debit.attempt + 1,
        }  # fmt: skip
        await db.fetch_one(session, int, _RETRY, params)
        sentence += f" It is tried again on {debit_on:%d/%m/%Y}, after a new notice."
    await notices.warn(session, case, None, "Debit failed", sentence)
