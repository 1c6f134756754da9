"""A receipt by hand is taken back: the cheque was dishonoured, the cash was returned, or it was a mistake.

No gateway takes part: the office gives the money back itself, or never had it. The books say so with the reason, and what the
receipt had paid is due again. A renewed case stays renewed and says what happened: the renewal is for people to decide.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.errors import Conflict, Invalid
from py360.kit.money import format_inr
from py360.modules.payments.apply_events import consequences
from py360.modules.payments.bulk import Moved, PaymentRow

_BEFORE: Final = """
select id, client_id, case_id, link_id, amount, captured_amount, refunded_amount, excess_amount, charged_back_amount,
  disputed_amount, status, method, error, captured_at, gateway_payment_id from payments where id = %(id)s for update
"""
_TAKE_BACK: Final = """
update payments set refunded_amount = refunded_amount + %(amount)s,
  status = case when refunded_amount + %(amount)s >= captured_amount then 'refunded' else 'partially_refunded' end
where id = %(id)s
returning id, client_id, case_id, link_id, amount, captured_amount, refunded_amount, excess_amount, charged_back_amount,
  disputed_amount, status, method, error, captured_at, gateway_payment_id
"""
_NOTE: Final = """
insert into payment_refunds (payment_id, amount, status, reason, requested_by, processed_at)
values (%(id)s, %(amount)s, 'processed', %(reason)s, %(user_id)s, %(now)s)
"""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A receipt of which an amount (INR) is taken back, asked for by a user."""

    payment_id: int
    amount: Decimal
    reason: str
    requested_by: int | None


def agree(payment_id: int, left: Decimal, amount: Decimal | None, reason: str | None, user_id: int | None) -> TakeBack:
    """What is taken back: all that is left, or the amount. Raises Conflict and Invalid: it needs a reason."""
    if left <= 0:
        raise Conflict("Nothing of this receipt is left to take back.", code="nothing_to_refund")
    if amount is not None and amount > left:
        message = f"Only {format_inr(left)} of this receipt can be taken back."
        raise Invalid(message, code="too_much", details=[{"field": "amount", "message": message}])
    if not reason:
        message = "Say why this receipt is taken back, such as: cheque dishonoured, cash returned, recorded by mistake."
        raise Invalid(message, code="reason_required", details=[{"field": "reason", "message": message}])
    return TakeBack(payment_id, left if amount is None else amount, reason, user_id)


async def take_back(session: AsyncSession, wanted: TakeBack) -> None:
    """Book it; the caller holds the lock of the case's money."""
    values = {
        "id": wanted.payment_id,
        "amount": wanted.amount,
        "reason": wanted.reason,
        "user_id": wanted.requested_by,
        "now": resources.current().clock.now(),
    }
    before = await db.fetch_only(session, PaymentRow, _BEFORE, values)
    await db.execute(session, _NOTE, values)
    now = await db.fetch_only(session, PaymentRow, _TAKE_BACK, values)
    await consequences(session, [Moved(now, before.figures)])
