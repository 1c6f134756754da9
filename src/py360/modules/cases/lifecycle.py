"""How a case moves through its statuses, by people and by the system.

People move by the table in `statuses`. The system has two moves, allowed from every open status: the full payment, which
renews the case, and the end of grace, which lets it lapse.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.errors import NotFound
from py360.kit.money import format_inr
from py360.modules.cases import history
from py360.modules.cases.announcing import announce
from py360.modules.cases.events import CaseClosed, CaseRefunded, CaseRenewed, CaseReopened, CaseStatusChanged
from py360.modules.cases.statuses import CLOSED, LABELS
from py360.modules.customers import api as customers

# Not `for update`: a payment would wait for whoever is just writing to the customer.
_LOCK: Final = """
select id, case_number, client_id, policy_id, due_date, status, assigned_to, closed_at, version
from renewal_cases where id = any(%(ids)s) order by id for no key update
"""
_MOVE: Final = """
update renewal_cases set
  status = %(new)s, last_action_date = %(at)s, version = version + 1,
  closed_at = case when %(closes)s then %(at)s else null end,
  sub_status = case when %(renews)s then 'Completed' else sub_status end,
  current_work_step = case when %(renews)s then 'Completed' else current_work_step end,
  policy_status = case when %(renews)s then 'active' when policy_status = 'active' then null else policy_status end
where id = any(%(ids)s)
"""
_PAID: Final = """
update renewal_cases c set payment_status = %(status)s, payment_method = p.method, payment_date = p.at,
  last_action_date = %(now)s, version = version + 1
from unnest(%(ids)s::bigint[], %(methods)s::text[], %(moments)s::timestamptz[]) as p (id, method, at) where c.id = p.id
"""
_REFUNDED: Final = """
update renewal_cases set payment_status = %(status)s, last_action_date = %(now)s, version = version + 1 where id = %(id)s
"""


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


async def locked(session: AsyncSession, case_id: int) -> db.Row:
    """The case, held until the transaction ends; raises NotFound."""
    case = await db.one(session, _LOCK, {"ids": [case_id]})
    if case is None:
        raise NotFound(f"There is no case CASE-{case_id}.")
    return case


async def move(
    session: AsyncSession,
    cases: Sequence[db.Row],
    new: str,
    *,
    details: str | Mapping[int, str],
    user_id: int | None = None,
) -> None:
    """Set the status of locked cases, with everything that follows: history, closing, the policies' terms, the events.

    Checks nothing: whether a case may move is decided before. The rows are changed along.
    """
    if not cases:
        return
    now = resources.current().clock.now()
    closes, renews = new in CLOSED, new == "renewed"
    said = {"ids": [case["id"] for case in cases], "new": new, "at": now, "closes": closes, "renews": renews}
    await db.execute(session, _MOVE, said)
    level: history.Level = "success" if renews else "error" if new == "failed" else "info"
    for old in sorted({case["status"] for case in cases}):
        of_old = [case["id"] for case in cases if case["status"] == old]
        await history.write(session, of_old, LABELS[new], details, now, level=level, old=old, new=new, user_id=user_id)
    await _terms(session, cases, new)
    await events.publish(session, *(event for case in cases for event in _news(case, new)))
    for case in cases:
        case["status"] = new


async def _terms(session: AsyncSession, cases: Sequence[db.Row], new: str) -> None:
    """The policies of renewed cases roll on; of those that are not renewed any more, back."""
    if new == "renewed":
        await customers.renew(session, [(case["policy_id"], case["due_date"]) for case in cases])
        return
    for case in cases:
        if case["status"] == "renewed":
            await customers.restore(session, case["policy_id"], case["due_date"])


def _news(case: db.Row, new: str) -> Iterator[object]:
    """The events of one case's move."""
    old = case["status"]
    yield CaseStatusChanged(case["id"], old, new)
    if new == "renewed":
        yield CaseRenewed(case["id"])
    if new in CLOSED:
        yield CaseClosed(case["id"], new)
    elif old in CLOSED:
        yield CaseReopened(case["id"])


async def settle(session: AsyncSession, payments: Sequence[Paid]) -> None:
    """Full payments came in: payment processed, then renewed, and the policies roll on to their next terms.

    The system's move, allowed from every open status; both steps stand in the history. A case that is already closed stays
    as it is. A few statements, however many cases: until they are committed, reminders may leave. Source: domain reference
    6.2 and 8.
    """
    by_case = {paid.case_id: paid for paid in payments}
    held = await db.all(session, _LOCK, {"ids": list(by_case)})
    cases = [case for case in held if case["closed_at"] is None]
    if not cases:
        return
    await _paid(session, "completed", [by_case[case["id"]] for case in cases])
    words = {case["id"]: f"Paid in full {by_case[case['id']].by}" for case in cases}
    await move(
        session, [case for case in cases if case["status"] != "payment_processed"], "payment_processed", details=words
    )
    await move(session, cases, "renewed", details="Renewed; the policy stands in its next term")
    await announce(session, [case["id"] for case in cases])


async def partly_paid(session: AsyncSession, paid: Paid, amount: Decimal) -> None:
    """A part of the amount (INR) came in; the case stays open, and a closed one as it is. Raises NotFound."""
    case = await locked(session, paid.case_id)
    if case["closed_at"] is not None:
        return
    await _paid(session, "partial", [paid])
    words, now = f"{format_inr(amount)} paid {paid.by}", resources.current().clock.now()
    await history.write(session, paid.case_id, "Part Payment Received", words, now, level="success")
    await announce(session, [paid.case_id])


async def refunded(session: AsyncSession, case_id: int, *, amount: Decimal, kept: Decimal, due: Decimal) -> None:
    """An amount (INR) went back to the customer; `kept` of the `due` is left. Raises NotFound.

    The status stays, of a renewed case too: whether the insurer takes the renewal back is for people to decide.
    """
    await locked(session, case_id)
    now = resources.current().clock.now()
    status = "refunded" if kept <= 0 else "partial" if kept < due else "completed"
    await db.execute(session, _REFUNDED, {"id": case_id, "status": status, "now": now})
    left = "nothing is left" if kept <= 0 else f"{format_inr(kept)} of {format_inr(due)} is left"
    words = f"{format_inr(amount)} went back to the customer; {left}"
    await history.write(session, case_id, "Payment Refunded", words, now, level="warning")
    await events.publish(session, CaseRefunded(case_id, wholly=kept <= 0))
    await announce(session, [case_id])


async def _paid(session: AsyncSession, status: str, payments: Sequence[Paid]) -> None:
    said = {
        "ids": [paid.case_id for paid in payments],
        "methods": [paid.method for paid in payments],
        "moments": [paid.at for paid in payments],
    }
    await db.execute(session, _PAID, said | {"status": status, "now": resources.current().clock.now()})
