"""The ladder of reminders: before an instalment is due, when it is due, and until the policy's grace ends.

Planning writes down the step that each case has reached (`sql/plan_dunning.sql`), each once. Sending claims what is written
down: a reminder that may have left when the process died stays `unknown` and is not sent again.
"""

from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.db import unit_of_work
from py360.kit.errors import Problem
from py360.kit.money import format_inr
from py360.modules.payments import notices
from py360.modules.payments.allocation import ZERO
from py360.modules.payments.balance import balance, balances
from py360.modules.payments.instalments.remind import Reminder, compose, contact_of, send
from py360.modules.settings import api as settings

log = structlog.get_logger()
BATCH: Final = 100
_CLIENTS: Final = """
select distinct c.client_id from outstanding_amounts o join cases_public_case c on c.id = o.case_id
where o.status <> 'paid' and c.is_open order by c.client_id
"""
_PLAN: Final = sql.read(__file__, "plan_dunning")
_CLAIM: Final = """
update payment_reminders set status = 'unknown' where id in (
  select id from payment_reminders where status = 'pending' and id > %(after)s order by id limit %(limit)s
  for update skip locked)
returning id, case_id, outstanding_id
"""
_DROP: Final = "update payment_reminders set status = 'refused', error = %(error)s where id = %(id)s"


@dataclass(frozen=True, slots=True)
class _Step:
    id: int
    case_id: int
    step: str


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    case_id: int
    outstanding_id: int | None


async def plan() -> None:
    """Write down the steps that cases have reached, client by client."""
    async with unit_of_work() as session:
        clients = await db.fetch_all(session, int, _CLIENTS)
    for client_id in clients:
        async with unit_of_work() as session:
            await _plan_client(session, client_id)


async def _plan_client(session: AsyncSession, client_id: int) -> None:
    office = await settings.get(session, client_id, settings.Payments)
    if not office.dunning_enabled:
        return
    params: dict[str, object] = {
        "client_id": client_id,
        "today": resources.current().clock.today(),
        "days_before": office.remind_days_before,
    }
    ended = [each for each in await db.fetch_all(session, _Step, _PLAN, params) if each.step == "ended"]
    found = await balances(session, [each.case_id for each in ended])
    for each in ended:
        case = found[each.case_id]
        sentence = (
            f"The grace for an instalment of {case.case_number} is over; {format_inr(case.remaining)} is left to pay."
            " Call the customer, or close the case."
        )
        await notices.warn(session, case, None, "Grace ended", sentence)


async def send_planned() -> None:
    """Send what is written down; what must wait (hours, limits) stays for the next run."""
    after = 0
    while True:
        async with unit_of_work() as session:
            claimed = await db.fetch_all(session, _Claimed, _CLAIM, {"after": after, "limit": BATCH})
        if not claimed:
            return
        after = max(each.id for each in claimed)
        for each in sorted(claimed, key=lambda row: row.id):
            await _send_one(each)


async def _send_one(claimed: _Claimed) -> None:
    async with unit_of_work() as session:
        reminder = await _compose(session, claimed)
    if reminder is None:
        return
    try:
        await send(reminder, again=True)
    except Problem as problem:
        log.info("a reminder was not sent", reminder=claimed.id, reason=problem.message)


async def _compose(session: AsyncSession, claimed: _Claimed) -> Reminder | None:
    """The message; None, with the reason recorded, when there is nothing to write by now or nowhere to write to."""
    case = await balance(session, claimed.case_id)
    paid = case.paid()
    part = next((each for each in case.parts if each.instalment.id == claimed.outstanding_id), None)
    remaining = part.instalment.amount - paid.get(part.instalment.id, ZERO) if part else ZERO
    contact = await contact_of(session, case)
    error = None
    if part is None or remaining <= 0 or not case.is_open:
        error = "Nothing is due any more."
    elif not contact.email and not contact.phone:
        error = "The customer has no e-mail address and no phone number."
    if error is not None or part is None:
        await db.execute(session, _DROP, {"id": claimed.id, "error": error})
        return None
    outgoing = await compose(session, case, part, remaining, contact, "email" if contact.email else "sms")
    return Reminder(claimed.id, claimed.case_id, outgoing)
