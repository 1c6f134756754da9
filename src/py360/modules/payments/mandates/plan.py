"""Which debits come next: the oldest instalment of each case whose policy has a mandate in force."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Invalid
from py360.kit.ids import code
from py360.kit.money import format_inr
from py360.modules.payments import notices
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.balance import Balance, Part, balance, balances
from py360.modules.payments.balance import lock as lock_money
from py360.modules.payments.mandates.schemas import DebitIn
from py360.modules.payments.mandates.stored import Mandate, lock, within_reach
from py360.modules.settings import api as settings

BATCH: Final = 200
_CLIENTS: Final = "select distinct client_id from payment_mandates where status = 'active' order by client_id"
_DUE: Final = sql.read(__file__, "due_debits")
_INSERT: Final = """
insert into mandate_debits (client_id, mandate_id, case_id, outstanding_id, due_date, amount, debit_on, status, reason, finished_at,
  created_by)
values (%(client_id)s, %(mandate_id)s, %(case_id)s, %(outstanding_id)s, %(due_date)s, %(amount)s, %(debit_on)s, %(status)s,
  %(reason)s, %(finished_at)s, %(created_by)s)
on conflict do nothing returning id
"""


@dataclass(frozen=True, slots=True)
class _Due:
    mandate_id: int
    case_id: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A debit that was planned."""

    id: int
    amount: Decimal
    debit_on: date


async def plan() -> None:
    """Plan the debits of every client: each instalment once, as many days ahead as the office wants."""
    async with unit_of_work() as session:
        clients = await db.fetch_all(session, int, _CLIENTS)
    for client_id in clients:
        after = 0
        while True:
            async with unit_of_work() as session:
                days = (await settings.get(session, client_id, settings.Payments)).debit_notice_days
                until = resources.current().clock.today() + timedelta(days=days)
                params = {"client_id": client_id, "after": after, "until": until, "limit": BATCH}
                due = await db.fetch_all(session, _Due, _DUE, params)
                await lock_money(session, [each.case_id for each in due])
                mandates = {each.id: each for each in await lock(session, [each.mandate_id for each in due])}
                found = await balances(session, [each.case_id for each in due])
                for each in due:
                    await _plan_one(session, mandates[each.mandate_id], found[each.case_id], until)
            if len(due) < BATCH:
                break
            after = due[-1].mandate_id


async def _plan_one(session: AsyncSession, mandate: Mandate, case: Balance, until: date) -> None:
    """The case's oldest instalment that is not paid; one above the mandate's maximum is refused, once, and told to a person."""
    part, left = _oldest(case)
    if part is None or part.instalment.due_date > until or not case.is_open or not mandate.may_debit:
        return
    now, today = resources.current().clock.now(), resources.current().clock.today()
    fits = left <= mandate.max_amount
    reason = None if fits else f"It is above the mandate's maximum of {format_inr(mandate.max_amount)}."
    row = _row(mandate, case, part, left, max(part.instalment.due_date, today + timedelta(days=1)))
    row |= {"status": "planned" if fits else "refused", "reason": reason, "finished_at": None if fits else now}
    if await db.fetch_one(session, int, _INSERT, row) and not fits:
        sentence = (
            f"{format_inr(left)} of {case.case_number} cannot be debited: {code('mandate', mandate.id)} goes up to"
            f" {format_inr(mandate.max_amount)}. Take the payment another way, or ask for a higher mandate."
        )
        await notices.warn(session, case, None, "Debit above the mandate", sentence)


async def plan_by_hand(
    session: AsyncSession, caller: Caller, mandate_id: int, case_id: int, wanted: DebitIn
) -> Planned:
    """Plan a debit that an officer asks for.

    Raises NotFound, Conflict (`mandate_not_active`, `debit_open`, `nothing_due`, `case_closed`) and Invalid (`overpayment`,
    `above_mandate`, `wrong_date`).
    """
    await lock_money(session, [case_id])
    mandate = await within_reach(session, caller, mandate_id)
    case = await balance(session, case_id)
    number, today = code("mandate", mandate_id), resources.current().clock.today()
    if not mandate.may_debit:
        raise Conflict(f"{number} is not active: nothing can be debited under it now.", code="mandate_not_active")
    if not case.is_open:
        raise Conflict(f"{case.case_number} is {case.status}: nothing is due.", code="case_closed")
    part, left = _oldest(case)
    if part is None:
        raise Conflict(f"Nothing is left to pay on {case.case_number}.", code="nothing_due")
    amount = wanted.amount or left
    _check(wanted, amount, case, mandate, today)
    row = _row(mandate, case, part, amount, wanted.debit_on or today + timedelta(days=1))
    row |= {"status": "planned", "reason": None, "finished_at": None, "created_by": caller.user_id}
    debit_id = await db.fetch_one(session, int, _INSERT, row)
    if debit_id is None:
        raise Conflict(f"A debit under {number} is open already. Wait for it, or cancel it.", code="debit_open")
    return Planned(debit_id, amount, wanted.debit_on or today + timedelta(days=1))


def _check(wanted: DebitIn, amount: Decimal, case: Balance, mandate: Mandate, today: date) -> None:
    problem = None
    if amount > case.remaining:
        problem = "overpayment", "amount", f"Only {format_inr(case.remaining)} is left to pay on {case.case_number}."
    elif amount > mandate.max_amount:
        problem = "above_mandate", "amount", f"The mandate goes up to {format_inr(mandate.max_amount)} per debit."
    elif wanted.debit_on and not today < wanted.debit_on <= mandate.valid_until:
        last = f"{mandate.valid_until:%d/%m/%Y}"
        problem = (
            "wrong_date",
            "debitOn",
            f"The customer is notified 24 hours ahead: a debit is from tomorrow to {last}.",
        )
    if problem:
        error, field, message = problem
        raise Invalid(message, code=error, details=[{"field": field, "message": message}])


def _oldest(case: Balance) -> tuple[Part | None, Decimal]:
    """The oldest instalment that is not paid, and what is left of it."""
    paid = case.paid()
    for part in case.parts:
        left = part.instalment.amount - paid.get(part.instalment.id, ZERO)
        if left > 0:
            return part, min(left, case.remaining)
    return None, ZERO


def _row(mandate: Mandate, case: Balance, part: Part, amount: Decimal, debit_on: date) -> dict[str, object]:
    return {
        "client_id": mandate.client_id, "mandate_id": mandate.id, "case_id": case.case_id,
        "outstanding_id": part.instalment.id, "due_date": part.instalment.due_date, "amount": amount, "debit_on": debit_on,
        "created_by": None,
    }  # fmt: skip
