"""Asking for a second person: a receipt above the office's limit, or a refund, waits until another person decides."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Conflict
from py360.kit.money import format_inr
from py360.modules.payments import notices
from py360.modules.payments.balance import Balance

Kind = Literal["receipt", "refund"]
_WAITING: Final = """
select id from payment_approvals where payment_id = %(payment_id)s and kind = %(kind)s and status = 'pending'
"""
_REQUEST: Final = """
insert into payment_approvals (client_id, case_id, payment_id, kind, amount, reason, requested_by)
values (%(client_id)s, %(case_id)s, %(payment_id)s, %(kind)s, %(amount)s, %(reason)s, %(user_id)s) returning id
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be approved (INR)."""

    kind: Kind
    case: Balance
    payment_id: int
    amount: Decimal
    reason: str | None


async def request(session: AsyncSession, caller: Caller, wanted: Request) -> int:
    """Write it down and notify those who may approve; its number. The caller holds the lock of the case's money.

    Raises Conflict (`waits_for_approval`) when the same was asked for already.
    """
    case = wanted.case
    params: dict[str, object] = {
        "client_id": case.client_id, "case_id": case.case_id, "payment_id": wanted.payment_id, "kind": wanted.kind,
        "amount": wanted.amount, "reason": wanted.reason, "user_id": caller.user_id,
    }  # fmt: skip
    if (number := await db.fetch_one(session, int, _WAITING, params)) is not None:
        raise Conflict(
            f"A {wanted.kind} of this payment waits for approval already (number {number}).", code="waits_for_approval"
        )
    number = await db.fetch_only(session, int, _REQUEST, params)
    title = f"{wanted.kind.title()} to approve"
    sentence = (
        f"{caller.name} asks for your approval: a {wanted.kind} of {format_inr(wanted.amount)} for {case.case_number}."
    )
    await notices.ask_for_approval(session, case, wanted.payment_id, title, sentence, caller.user_id)
    return number
