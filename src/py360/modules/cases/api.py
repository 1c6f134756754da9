"""What other modules may call."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import NotFound
from py360.modules.cases import lifecycle
from py360.modules.cases.bulk import open
from py360.modules.cases.contacting import note_contacts
from py360.modules.cases.statuses import status_code
from py360.modules.cases.taking_back import take_back

__all__ = [
    "Case",
    "get",
    "note_contacts",
    "open",
    "partly_paid",
    "refunded",
    "settle",
    "status_code",
    "take_back",
]

settle = lifecycle.settle
partly_paid = lifecycle.partly_paid
refunded = lifecycle.refunded


@dataclass(frozen=True, slots=True)
class Case:
    """A renewal case as other modules see one (the row of the view `cases_public_case`); amounts in INR."""

    id: int
    case_number: str
    client_id: int
    node_id: int | None
    assigned_to: int | None
    customer_id: int
    policy_id: int
    policy_number: str
    policy_type: str
    product_name: str | None
    status: str
    is_open: bool
    due_date: date
    start_date: date
    end_date: date
    grace_period_days: int
    premium_amount: Decimal
    renewal_amount: Decimal | None
    payment_status: str
    batch_id: int | None
    upload_id: int | None
    agent_name: str | None
    closed_at: datetime | None
    created_at: datetime

    @property
    def amount_due(self) -> Decimal:
        """What the renewal costs: the renewal amount, else the last premium."""
        return self.renewal_amount or self.premium_amount


async def get(session: AsyncSession, case_id: int) -> Case:
    """One case; raises NotFound. Knows no caller: reach is checked by whoever asks."""
    row = await db.one(session, "select * from cases_public_case where id = %(id)s", {"id": case_id})
    if row is None:
        raise NotFound(f"There is no case CASE-{case_id}.")
    return Case(**row)
