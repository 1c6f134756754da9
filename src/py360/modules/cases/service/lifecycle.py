"""How a case moves through its statuses: the one place that changes the status of a case.

People move cases by the table in `statuses`. The system has its own moves, allowed from every open status: the full payment
renews a case, the end of grace lets it lapse, and a file that names an agent assigns it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.money import format_inr
from py360.modules.cases.events import CaseClosed, CaseRefunded, CaseRenewed, CaseReopened, CaseStatusChanged
from py360.modules.cases.live_updates import push_live_update
from py360.modules.cases.service import history
from py360.modules.cases.service.lock import Case, lock_any, lock_any_one
from py360.modules.cases.statuses import CLOSED, LABELS
from py360.modules.customers import api as customers

_MOVE: Final = """
update renewal_cases set
  status = %(new)s, last_action_date = %(at)s, version = version + 1,
  closed_at = case when %(closes)s then %(at)s else null end,
  sub_status = case when %(renews)s then 'Completed' else sub_status end,
  current_work_step = case when %(renews)s then 'Completed' else current_work_step end,
  policy_status = case when %(renews)s then 'active' when policy_status = 'active' then null else policy_status end,
  grace_until = case when status = 'lapsed' then %(today)s::date + coalesce(
    (select r.reinstatement_days from renewal_rules r where r.client_id = renewal_cases.client_id), %(reinstatement)s)
    else grace_until end,
  contact_due_at = case when %(closes)s then null when contact_paused_at is not null and not %(pauses)s
    then contact_due_at + (%(at)s::timestamptz - contact_paused_at) else contact_due_at end,
  contact_paused_at = case when %(pauses)s then coalesce(contact_paused_at, %(at)s::timestamptz) end
where id = any(%(ids)s)
"""
# A closed case that is paid in full stays so: a later part payment is money too much. The same payment
# again changes nothing.
_PAID: Final = """
update renewal_cases c set
  payment_status = case when c.closed_at is not null and c.payment_status = 'completed' then 'completed' else %(status)s end,
  payment_method = p.method, payment_date = p.at, last_action_date = %(now)s, version = version + 1
from unnest(%(ids)s::bigint[], %(methods)s::text[], %(moments)s::timestamptz[]) as p (id, method, at)
where c.id = p.id and not (c.closed_at is not null and (c.payment_method, c.payment_date) is not distinct from (p.method, p.at))
returning c.id
"""
_REFUNDED: Final = """
update renewal_cases set payment_status = %(status)s, last_action_date = %(now)s, version = version + 1 where id = %(id)s
"""
# How long a lapsed case that is opened again may stay so, unless the office sets other days (`renewal_rules`).
REINSTATEMENT_DAYS: Final = 30
_LEVELS: Final[Mapping[str, history.Level]] = {"renewed": "success", "failed": "error", "lapsed": "warning"}


@dataclass(frozen=True, slots=True)
class Paid:
    """Money that came in for a case; `reference` is the payer's or the gateway's."""

    case_id: int
    method: str
    at: datetime
    reference: str | None = None

    @property
    def by(self) -> str:
        """How, in words."""
        return f"by {self.method}" + (f" (reference {self.reference})" if self.reference else "")


async def move(
    session: AsyncSession,
    cases: Sequence[Case],
    new: str,
    *,
    details: str | Mapping[int, str],
    user_id: int | None = None,
) -> None:
    """Set the status of locked cases, with everything that follows: history, closing, the policies' terms, the events.

    Checks nothing: whether a case may move is decided before. `status` of the cases follows.
    """
    if not cases:
        return
    now = resources.current().clock.now()
    case_ids = [case.id for case in cases]
    params = {
        "ids": case_ids,
        "new": new,
        "at": now,
        "closes": new in CLOSED,
        "renews": new == "renewed",
        "pauses": new in ("pending", "on_hold"),  # what the case waits for is not the agent's
        "today": resources.current().clock.today(),
        "reinstatement": REINSTATEMENT_DAYS,
    }
    await db.execute(session, _MOVE, params)
    level = _LEVELS.get(new, "info")
    for old in sorted({case.status for case in cases}):
        from_old = [case.id for case in cases if case.status == old]
        await history.write(
            session, from_old, LABELS[new], details, now, level=level, old=old, new=new, user_id=user_id
        )
    await _move_terms(session, cases, new)
    await events.publish(session, *(event for case in cases for event in _events(case, new)))
    for case in cases:
        case.status = new


async def _move_terms(session: AsyncSession, cases: Sequence[Case], new: str) -> None:
    """The policies of renewed cases roll on; of those that are not renewed any more, back; of lapsed ones they expire."""
    if new == "renewed":
        await customers.renew(session, [(case.policy_id, case.due_date) for case in cases])
        return
    for case in cases:
        if case.status == "renewed":
            await customers.restore(session, case.policy_id, case.due_date)
    if new == "lapsed":
        await customers.expire(session, [case.policy_id for case in cases], resources.current().clock.today())


def _events(case: Case, new: str) -> Iterator[CaseStatusChanged | CaseRenewed | CaseClosed | CaseReopened]:
    """The events of one case's move."""
    old = case.status
    yield CaseStatusChanged(case.id, old, new)
    if new == "renewed":
        yield CaseRenewed(case.id)
    if new in CLOSED:
        yield CaseClosed(case.id, new)
    elif old in CLOSED:
        yield CaseReopened(case.id, old)


async def settle(session: AsyncSession, payments: Sequence[Paid]) -> None:
    """Full payments came in: payment processed, then renewed, and the policies roll on to their next terms.

    The system's move, allowed from every open status; both steps are in the history. A closed case keeps its status: the
    money is booked and its history says what to do. A few statements, however many cases: until they are committed, reminders
    may leave. Source: domain reference 6.2 and 8.
    """
    by_case = {paid.case_id: paid for paid in payments}
    locked = await lock_any(session, list(by_case))
    booked = await _book(session, "completed", [by_case[case.id] for case in locked])
    if not booked:
        return
    details = {case.id: f"Paid in full {by_case[case.id].by}" for case in locked}
    await _note_closed(session, [case for case in locked if case.closed_at is not None and case.id in booked], details)
    cases = [case for case in locked if case.closed_at is None]
    unprocessed = [case for case in cases if case.status != "payment_processed"]
    await move(session, unprocessed, "payment_processed", details=details)
    await move(session, cases, "renewed", details="Renewed; the policy is in its next term")
    await push_live_update(session, sorted(booked))


async def partly_paid(session: AsyncSession, paid: Paid, amount: Decimal) -> None:
    """A part of the amount (INR) came in; the status stays. Raises NotFound."""
    case = await lock_any_one(session, paid.case_id)
    if not await _book(session, "partial", [paid]):
        return
    details = f"{format_inr(amount)} paid {paid.by}"
    if case.closed_at is not None:
        await _note_closed(session, [case], {case.id: details})
    else:
        now = resources.current().clock.now()
        await history.write(session, case.id, "Part Payment Received", details, now, level="success")
    await push_live_update(session, [paid.case_id])


async def _note_closed(session: AsyncSession, cases: Sequence[Case], details: Mapping[int, str]) -> None:
    """Money for closed cases: a warning in the history, with what to do."""
    texts = {
        case.id: f"{details[case.id]}, but the case is {LABELS[case.status]}. "
        + (
            "Check for a double payment and refund it."
            if case.status == "renewed"
            else "Refund the customer or open the case again."
        )
        for case in cases
    }
    if texts:
        now = resources.current().clock.now()
        await history.write(session, list(texts), "Payment on a Closed Case", texts, now, level="warning")


async def refunded(session: AsyncSession, case_id: int, *, amount: Decimal, kept: Decimal, due: Decimal) -> None:
    """An amount (INR) went back to the customer; `kept` of the `due` is left. Raises NotFound.

    The status stays, of a renewed case too: whether the insurer takes the renewal back is for people to decide.
    """
    await lock_any_one(session, case_id)
    now = resources.current().clock.now()
    status = "refunded" if kept <= 0 else "partial" if kept < due else "completed"
    await db.execute(session, _REFUNDED, {"id": case_id, "status": status, "now": now})
    left = "nothing is left" if kept <= 0 else f"{format_inr(kept)} of {format_inr(due)} is left"
    details = f"{format_inr(amount)} went back to the customer; {left}"
    await history.write(session, case_id, "Payment Refunded", details, now, level="warning")
    await events.publish(session, CaseRefunded(case_id, wholly=kept <= 0))
    await push_live_update(session, [case_id])


async def note_payment(session: AsyncSession, case_id: int, action: str, details: str) -> None:
    """Something about a payment that a person must see: one warning in the case's history. Raises NotFound."""
    await lock_any_one(session, case_id)
    await history.write(session, case_id, action, details, resources.current().clock.now(), level="warning")
    await push_live_update(session, [case_id])


async def _book(session: AsyncSession, status: str, payments: Sequence[Paid]) -> set[int]:
    """Write payments on their cases; the ids of the cases for which they are new."""
    params: dict[str, object] = {
        "ids": [paid.case_id for paid in payments],
        "methods": [paid.method for paid in payments],
        "moments": [paid.at for paid in payments],
    }
    params |= {"status": status, "now": resources.current().clock.now()}
    return set(await db.fetch_all(session, int, _PAID, params))
