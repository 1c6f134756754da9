"""What a message can say about a case: the catalogue's values, read for a whole batch in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.templates.variables import Value

_VALUES: Final = sql.read(__file__, "case_values")


@dataclass(frozen=True, slots=True)
class _CaseValues:
    """Columns by the catalogue's names, and the case they are of."""

    case_id: int
    customer_name: str | None
    first_name: str | None
    company_name: str
    support_phone: str | None
    policy_number: str
    policy_type: str | None
    product_name: str | None
    coverage: Decimal | None
    start_date: date | None
    expiry_date: date | None
    due_date: date | None
    renewal_amount: Decimal | None
    current_premium: Decimal | None
    grace_days: int | None
    agent_name: str | None
    branch: str | None


_NAMES: Final = tuple(field.name for field in fields(_CaseValues) if field.name != "case_id")


@dataclass(frozen=True, slots=True)
class _ClientValues:
    company_name: str
    support_phone: str | None


_CLIENT: Final = (
    "select client_name as company_name, contact_phone as support_phone from identity_public_client where id = %(id)s"
)


async def client_values(session: AsyncSession, client_id: int) -> dict[str, Value]:
    """What a message can say about the one who writes, whomever it is for."""
    found = await db.fetch_one(session, _ClientValues, _CLIENT, {"id": client_id})
    own: dict[str, Value] = (
        {"company_name": found.company_name, "support_phone": found.support_phone} if found is not None else {}
    )
    return {**own, "date": resources.current().clock.today()}


async def case_values(source: db.Source, case_ids: Sequence[int]) -> dict[int, dict[str, Value]]:
    """The catalogue's values for these cases (customer, policy, dates, amounts), without links; one statement."""
    rows = await db.fetch_all(source, _CaseValues, _VALUES, {"cases": list(case_ids)})
    today = resources.current().clock.today()
    return {row.case_id: {**{name: getattr(row, name) for name in _NAMES}, "date": today} for row in rows}
