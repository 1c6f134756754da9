"""The customer's own page of a mandate: what they authorised, the next debit, and how to stop one or all."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.crypto import BadToken, verify
from py360.modules.payments.mandates.stored import PAGE
from py360.modules.payments.service.checkout import masked_policy

_READ: Final = """
select m.status, m.max_amount, m.valid_until, m.paused_at is not null as is_paused, c.policy_number, k.preferred_language,
  i.client_name as insurer, d.amount, d.debit_on, d.status as debit_status
from payment_mandates m join cases_public_case c on c.id = m.case_id
join customers_public_contact k on k.id = c.customer_id join identity_public_client i on i.id = m.client_id
left join mandate_debits d on d.mandate_id = m.id and d.status in ('planned', 'notifying', 'notified', 'presented')
where m.id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class _Row:
    status: str
    max_amount: Decimal
    valid_until: date
    is_paused: bool
    policy_number: str
    preferred_language: str | None
    insurer: str
    amount: Decimal | None
    debit_on: date | None
    debit_status: str | None


@dataclass(frozen=True, slots=True)
class View:
    """Everything the page may say; the policy's number is masked already. `done`: what the customer has just done."""

    state: str  # unknown, waiting, active, paused, ended
    token: str
    language: str = "en"
    insurer: str = ""
    policy_number: str = ""
    max_amount: Decimal | None = None
    valid_until: date | None = None
    amount: Decimal | None = None
    debit_on: date | None = None
    may_stop: bool = False
    done: str = ""


async def look(session: AsyncSession, token: str, done: str = "") -> View:
    """The page as things stand."""
    try:
        number = int(verify(PAGE, token))
    except BadToken:
        return View("unknown", token)
    row = await db.fetch_one(session, _Row, _READ, {"id": number})
    if row is None:
        return View("unknown", token)
    waiting = row.status in ("created", "pending")
    state = "waiting" if waiting else "active" if row.status == "active" else row.status
    return View(
        state="ended" if state not in ("waiting", "active", "paused") else "paused" if row.is_paused else state,
        token=token,
        language=row.preferred_language or "en",
        insurer=row.insurer,
        policy_number=masked_policy(row.policy_number),
        max_amount=row.max_amount,
        valid_until=row.valid_until,
        amount=row.amount,
        debit_on=row.debit_on,
        may_stop=row.debit_status in ("planned", "notified"),
        done=done,
    )
