"""The second person's decision. Nobody decides what they asked for."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller, reach_filter
from py360.kit.db import unit_of_work
from py360.kit.errors import Conflict, Forbidden, NotFound
from py360.kit.money import format_inr
from py360.modules.cases import api as cases
from py360.modules.payments import notices
from py360.modules.payments.balance import balance, lock
from py360.modules.payments.service import record_receipt, refund

Decision = Literal["approved", "declined"]
_FIND: Final = """
select a.id, a.case_id, a.payment_id, a.kind, a.amount, a.reason, a.status, a.requested_by
from payment_approvals a join cases_public_case c on c.id = a.case_id where a.id = %(id)s and {reach}
"""
_DECIDE: Final = """
update payment_approvals set status = %(status)s, decided_by = %(user_id)s, decided_at = %(now)s, note = %(note)s
where id = %(id)s and status = 'pending'
"""
# A bank file took this receipt for recorded, so that its line is booked nowhere else.
_AT_BANK: Final = """
select exists (
  select from payments p join statement_lines l on l.client_id = p.client_id and l.kind = 'credit' and l.outcome = 'duplicate'
    and l.amount = p.amount and l.utr in (p.reference, upper(p.reference), lower(p.reference))
  join statement_files f on f.id = l.file_id and f.kind = 'bank' and f.status = 'applied'
  where p.id = %(id)s)
"""
_DECLINED: Final = "update payments set status = 'failed', error = 'declined' where id = %(id)s and captured_amount = 0"


@dataclass(frozen=True, slots=True)
class Approval:
    """A receipt or refund that waits for a second person."""

    id: int
    case_id: int
    payment_id: int
    kind: str
    amount: Decimal
    reason: str | None
    status: str
    requested_by: int | None


async def decide(caller: Caller, number: int, decision: Decision, note: str | None) -> Approval:
    """Approve or decline; what was approved is done. Outside any transaction of the caller.

    Raises NotFound, Forbidden (`own_request`), Conflict (`decided` already, `case_closed`, `overpayment`, `bank_has_it`, what a refund raises).
    """
    async with unit_of_work() as session:
        reach, params = reach_filter(caller, "c")
        sql, params = _FIND.format(reach=reach), {**params, "id": number}
        found = await db.fetch_one(session, Approval, sql, params)
        if found is None:
            raise NotFound(f"There is no approval {number} within your reach.")
        await lock(session, [found.case_id])
        found = await db.fetch_only(session, Approval, sql, params)
        _check(caller, found)
        now = resources.current().clock.now()
        values = {"id": number, "status": decision, "user_id": caller.user_id, "note": note, "now": now}
        await db.execute(session, _DECIDE, values)
        case = await balance(session, found.case_id)
        title = f"{found.kind.title()} {decision}"
        sentence = f"{caller.name} {decision} the {found.kind} of {format_inr(found.amount)}" + (
            f": {note}" if note else ""
        )
        await cases.note_payment(session, found.case_id, title, sentence)
        await notices.report_decision(session, case, found.payment_id, title, f"{sentence}.", found.requested_by)
        plan = None
        if decision == "declined":
            await _check_bank(session, found)
            await db.execute(session, _DECLINED, {"id": found.payment_id})
        elif found.kind == "receipt":
            record_receipt.check_takes_money(case)
            if found.amount > case.remaining:
                raise Conflict(
                    f"Only {format_inr(case.remaining)} is left to pay on {case.case_number} by now. Decline this receipt.",
                    code="overpayment",
                )
            await record_receipt.book(session, found.payment_id, now)
        else:
            plan = await refund.plan(session, caller, found.payment_id, found.amount, found.reason, found.requested_by)
    if plan is not None:
        await refund.give_back(plan)
    return found


def _check(caller: Caller, found: Approval) -> None:
    if found.status != "pending":
        raise Conflict(f"This {found.kind} was {found.status} already.", code="decided")
    if found.requested_by == caller.user_id:
        raise Forbidden(f"You requested this {found.kind}: a colleague has to decide.", code="own_request")


async def _check_bank(session: AsyncSession, found: Approval) -> None:
    """Raise Conflict for a receipt whose money is at the bank: declined, it would be booked nowhere."""
    if found.kind == "receipt" and await db.fetch_only(session, bool, _AT_BANK, {"id": found.payment_id}):
        raise Conflict(
            "A bank file that was applied has this receipt. Approve it, and refund it if it has to go back.",
            code="bank_has_it",
        )
