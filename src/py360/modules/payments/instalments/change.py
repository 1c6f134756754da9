"""Instalments: add one, change one, or split what is left by a plan.

An untouched case has no stored instalment: before it gets one, its own amount is stored as the first. What was paid stays
paid: a plan keeps the paid part of each instalment and replaces the rest.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, PreconditionFailed
from py360.kit.money import format_inr
from py360.modules.payments.allocation import ZERO, Instalment, status
from py360.modules.payments.apply_events import rebalance
from py360.modules.payments.balance import Balance, Part, balance, lock, within_reach
from py360.modules.payments.instalments.find import find
from py360.modules.payments.instalments.schedule import Frequency, period, schedule, split
from py360.modules.payments.instalments.schemas import InstalmentChange, NewInstalment, NewPlan
from py360.modules.payments.service.record_receipt import Receipt, record_locked

# Due dates, before and after today: arrears of some years are taken, typing errors are not.
EARLIEST: Final = timedelta(days=3 * 366)
LATEST: Final = timedelta(days=5 * 366)
MOST: Final = 120  # instalments of a case

_INSERT: Final = """
insert into outstanding_amounts (case_id, policy_id, period, amount, due_date, description, plan_id)
select %(case_id)s, %(policy_id)s, p.* , %(plan_id)s from unnest(%(periods)s::text[], %(amounts)s::numeric[], %(days)s::date[],
  %(descriptions)s::text[]) as p (period, amount, due_date, description)
returning id
"""
_CHANGE: Final = """
update outstanding_amounts set amount = %(amount)s, due_date = %(due_date)s, period = %(period)s, description = %(description)s
where id = %(id)s
"""
_PLAN: Final = """
insert into payment_plans (client_id, case_id, frequency, instalments, start_date, total, created_by)
values (%(client_id)s, %(case_id)s, %(frequency)s, %(count)s, %(start)s, %(total)s, %(user_id)s) returning id
"""
# What is paid of an instalment stays, the rest of it goes into the plan.
_CUT: Final = """
update outstanding_amounts o set amount = f.paid, due_date = least(o.due_date, %(start)s) from unnest(%(ids)s::bigint[], %(paid)s::numeric[]) as f (id, paid)
where o.id = f.id and f.paid > 0 and o.amount <> f.paid
"""
_DROP: Final = "delete from outstanding_amounts where id = any(%(ids)s)"


async def add(session: AsyncSession, caller: Caller, case_id: int, new: NewInstalment) -> Balance:
    """Add an amount that falls due. Raises NotFound, Conflict (`case_closed`, `too_many_instalments`) and Invalid."""
    case = await _open_case(session, caller, case_id)
    _check_day("dueDate", new.due_date)
    await _store_whole(session, case)
    if len(case.parts) >= MOST:
        raise Conflict(f"{case.case_number} has {MOST} instalments, which is the most.", code="too_many_instalments")
    text = new.period or period("monthly", new.due_date)
    await _insert(session, case, [Part.planned(new.amount, new.due_date, text, new.description)])
    return await rebalance(session, case_id)


async def change(
    session: AsyncSession, caller: Caller, case_id: int, instalment: str, wanted: InstalmentChange, version: int | None
) -> Balance:
    """Change an instalment, and record what was paid on it.

    Raises NotFound, PreconditionFailed when `version` is no longer its own, Conflict and Invalid.
    """
    case = await _open_case(session, caller, case_id)
    part = find(case, instalment)
    if version is not None and version != part.version:
        raise PreconditionFailed
    number = part.instalment.id
    if wanted.model_fields_set & {"amount", "due_date", "period", "description"}:
        if number is None:
            number = await _store_whole(session, case)
        await _change(session, case, part, number, wanted)
        case = await rebalance(session, case_id)
    if (owed := _paid_now(case, number, wanted)) is not None:
        numbers = () if number is None else (number,)
        receipt = Receipt(wanted.method or "other", owed, numbers, wanted.reference)
        case = (await record_locked(session, caller, case_id, receipt)).case
    return case


async def make_plan(session: AsyncSession, caller: Caller, case_id: int, new: NewPlan) -> tuple[int, Balance]:
    """Put what is left to pay into instalments; the plan's number and the balance. Raises NotFound, Conflict and Invalid."""
    case = await _open_case(session, caller, case_id)
    _check_day("startDate", new.start_date)
    if case.remaining <= 0:
        raise Conflict(f"Nothing is left to pay on {case.case_number}.", code="nothing_due")
    amounts = new.amounts or split(case.remaining, new.count)
    _check_amounts(case, amounts)
    plan_id = await db.fetch_only(
        session,
        int,
        _PLAN,
        {
            "client_id": case.client_id, "case_id": case_id, "frequency": new.frequency, "count": new.count,
            "start": new.start_date, "total": case.remaining, "user_id": caller.user_id,
        },
    )  # fmt: skip
    await _keep_paid(session, case, new.start_date)
    await _insert(session, case, _planned(case.remaining, new.frequency, new.start_date, amounts), plan_id)
    return plan_id, await rebalance(session, case_id)


def _planned(total: Decimal, frequency: Frequency, start: date, amounts: Sequence[Decimal]) -> list[Part]:
    number = len(amounts)
    return [
        Part.planned(each.amount, each.due_date, each.period, f"Instalment {at} of {number}")
        for at, each in enumerate(schedule(total, frequency, start, amounts), 1)
    ]


async def _open_case(session: AsyncSession, caller: Caller, case_id: int) -> Balance:
    """The case with its money locked. Raises NotFound out of reach, and Conflict when it is closed."""
    await within_reach(session, caller, case_id)
    await lock(session, [case_id])
    case = await balance(session, case_id)
    if not case.is_open:
        raise Conflict(f"{case.case_number} is {case.status}: its instalments stay as they are.", code="case_closed")
    return case


def _check_day(field: str, day: date) -> None:
    today = resources.current().clock.today()
    first, last = today - EARLIEST, today + LATEST
    if not first <= day <= last:
        message = f"Enter a day between {first:%d/%m/%Y} and {last:%d/%m/%Y}."
        raise Invalid(message, code="due_date", details=[{"field": field, "message": message}])


def _check_amounts(case: Balance, amounts: Sequence[Decimal]) -> None:
    total, smallest = sum(amounts, ZERO), min(amounts)
    if total != case.remaining:
        message = f"The instalments come to {format_inr(total)}, but {format_inr(case.remaining)} is left to pay."
        raise Invalid(message, code="amounts_differ", details=[{"field": "amounts", "message": message}])
    if smallest <= 0:
        message = f"{format_inr(case.remaining)} cannot be split into {len(amounts)} instalments."
        raise Invalid(message, code="too_many_instalments", details=[{"field": "count", "message": message}])


async def _store_whole(session: AsyncSession, case: Balance) -> int | None:
    """Store the amount of an untouched case as its first instalment; its number, None when there are some already."""
    (first, *_) = case.parts
    if first.instalment.id is not None:
        return None
    (number,) = await _insert(session, case, [first])
    return number


async def _insert(session: AsyncSession, case: Balance, parts: Sequence[Part], plan_id: int | None = None) -> list[int]:
    params: dict[str, object] = {
        "case_id": case.case_id,
        "policy_id": case.policy_id,
        "plan_id": plan_id,
        "periods": [part.period for part in parts],
        "amounts": [part.instalment.amount for part in parts],
        "days": [part.instalment.due_date for part in parts],
        "descriptions": [part.description for part in parts],
    }
    return await db.fetch_all(session, int, _INSERT, params)


async def _change(
    session: AsyncSession, case: Balance, part: Part, number: int | None, wanted: InstalmentChange
) -> None:
    paid = case.paid().get(part.instalment.id, ZERO)
    amount = wanted.amount or part.instalment.amount
    if amount < paid:
        message = (
            f"{format_inr(paid)} of this instalment is paid: its amount cannot be less. Refund the difference first."
        )
        raise Conflict(message, code="already_paid", details=[{"field": "amount", "message": message}])
    due_date = wanted.due_date or part.instalment.due_date
    if wanted.due_date is not None:
        _check_day("dueDate", due_date)
    description = wanted.description if "description" in wanted.model_fields_set else part.description
    params: dict[str, object] = {
        "id": number, "amount": amount, "due_date": due_date, "period": wanted.period or part.period,
        "description": description,
    }  # fmt: skip
    await db.execute(session, _CHANGE, params)


def _paid_now(case: Balance, number: int | None, wanted: InstalmentChange) -> Decimal | None:
    """What the change says was paid beyond what is recorded; None for nothing. Raises Conflict and Invalid."""
    item = next(part.instalment for part in case.parts if part.instalment.id == number)
    amount, paid = item.amount, case.paid().get(number, ZERO)
    _check_status(wanted, item, paid)
    if wanted.status == "paid" and wanted.paid_amount not in (None, amount):
        message = f"The status is paid when all of {format_inr(amount)} is paid."
        raise Invalid(message, code="status_differs", details=[{"field": "status", "message": message}])
    wanted_paid = amount if wanted.status == "paid" else paid if wanted.paid_amount is None else wanted.paid_amount
    if wanted_paid < paid:
        message = f"{format_inr(paid)} is recorded as paid. Refund the payment to take it back."
        raise Conflict(message, code="already_paid", details=[{"field": "paidAmount", "message": message}])
    return wanted_paid - paid or None


def _check_status(wanted: InstalmentChange, item: Instalment, paid: Decimal) -> None:
    """A status other than paid follows from the due date and what is paid: it can only be sent as it is."""
    now = status(item, paid, resources.current().clock.today())
    if wanted.status not in (None, "paid", now):
        message = (
            f"The status follows from the due date and what is paid; it is {now}. Change these, or record a payment."
        )
        raise Invalid(message, code="status_follows", details=[{"field": "status", "message": message}])


async def _keep_paid(session: AsyncSession, case: Balance, start: date) -> None:
    """Cut what is stored to what is paid, and drop what is not paid at all. It is due no later than the plan's first instalment,
    so that the money that paid it stays there: what came in pays the oldest first."""
    paid = case.paid()
    (first, *_) = case.parts
    if first.instalment.id is None:
        if case.kept > 0:
            day = min(case.due_date, start)
            part = Part.planned(case.kept, day, first.period, "Paid before the plan")
            await _insert(session, case, [part])
        return
    ids = [number for part in case.parts if (number := part.instalment.id) is not None]
    cut = {"ids": ids, "paid": [paid.get(number, ZERO) for number in ids], "start": start}
    await db.execute(session, _CUT, cut)
    await db.execute(session, _DROP, {"ids": [number for number in ids if paid.get(number, ZERO) <= 0]})
