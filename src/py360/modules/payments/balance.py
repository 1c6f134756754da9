"""The balance of a case: what is due, what came in, what is left."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import version_of
from py360.kit.errors import NotFound
from py360.modules.payments.allocation import ZERO, Instalment, Receipt, Share, allocate, paid_by_instalment

PAID_STATUSES: Final = frozenset({"payment_processed", "renewed"})

_CASES: Final = """
select c.id, c.case_number, c.client_id, c.customer_id, c.policy_id, c.policy_number, c.product_name,
  c.status, c.is_open, c.due_date, c.assigned_to, coalesce(c.renewal_amount, c.premium_amount) as renewal_amount
from cases_public_case c where c.id = any(%(case_ids)s)
"""
_INSTALMENTS: Final = """
select id, case_id, amount, due_date, period, description, updated_at from outstanding_amounts
where case_id = any(%(case_ids)s) order by due_date, id
"""
_RECEIPTS: Final = """
select id, case_id, captured_amount, refunded_amount, instalment_ids, method, captured_at,
  coalesce(gateway_payment_id, reference, 'pay-' || id) as reference from payments
where case_id = any(%(case_ids)s) and captured_amount > 0 order by id
"""
_LOCK: Final = """
select pg_advisory_xact_lock(hashtextextended('money of case ' || id, 360))
from (select id from unnest(%(case_ids)s::bigint[]) id order by id) ordered
"""


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment with its words; the case's own amount has no number."""

    instalment: Instalment
    period: str
    description: str | None = None
    version: int = 0

    @classmethod
    def planned(cls, amount: Decimal, due_date: date, period: str, description: str | None = None) -> "Part":
        """An instalment that is to be stored."""
        return cls(Instalment(None, amount, due_date), period, description)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a payment came from."""

    method: str | None
    reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """A case with its instalments and what was paid on them."""

    case_id: int
    case_number: str
    client_id: int
    customer_id: int
    policy_id: int
    policy_number: str
    product: str | None
    status: str
    is_open: bool
    due_date: date
    assigned_to: int | None
    parts: tuple[Part, ...]
    receipts: tuple[Receipt, ...]
    sources: Mapping[int, Source]

    @property
    def due(self) -> Decimal:
        """What the renewal costs."""
        return sum((part.instalment.amount for part in self.parts), ZERO)

    @property
    def kept(self) -> Decimal:
        """What came in and was not given back."""
        return sum((receipt.amount for receipt in self.receipts), ZERO)

    @property
    def remaining(self) -> Decimal:
        """What is still to be paid."""
        return max(ZERO, self.due - self.kept)

    @property
    def is_paid(self) -> bool:
        """Whether the renewal was paid in full, whatever went back since."""
        return self.status in PAID_STATUSES

    def shares(self) -> dict[int, list[Share]]:
        """What each payment paid."""
        return allocate([part.instalment for part in self.parts], self.receipts)

    def paid(self) -> dict[int | None, Decimal]:
        """What is paid of each instalment."""
        return paid_by_instalment(self.shares())

    def last_sources(self) -> dict[int | None, Source]:
        """The last payment that paid something of each instalment."""
        return {
            share.instalment_id: self.sources[number]
            for number, shares in sorted(self.shares().items())
            for share in shares
        }


async def lock(session: AsyncSession, case_ids: Collection[int]) -> None:
    """Lock the money of cases until the transaction ends."""
    await db.execute(session, _LOCK, {"case_ids": list(case_ids)})


@dataclass(frozen=True, slots=True)
class _Case:
    id: int
    case_number: str
    client_id: int
    customer_id: int
    policy_id: int
    policy_number: str
    product_name: str | None
    status: str
    is_open: bool
    due_date: date
    assigned_to: int | None
    renewal_amount: Decimal


@dataclass(frozen=True, slots=True)
class _Instalment:
    id: int
    case_id: int
    amount: Decimal
    due_date: date
    period: str
    description: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class _Receipt:
    id: int
    case_id: int
    captured_amount: Decimal
    refunded_amount: Decimal
    instalment_ids: Sequence[int]
    method: str | None
    captured_at: datetime
    reference: str


async def balances(session: AsyncSession, case_ids: Sequence[int]) -> dict[int, Balance]:
    """The balances of these cases, in three statements."""
    params = {"case_ids": list(case_ids)}
    parts: dict[int, list[Part]] = {}
    for row in await db.fetch_all(session, _Instalment, _INSTALMENTS, params):
        instalment = Instalment(row.id, row.amount, row.due_date)
        part = Part(instalment, row.period, row.description, version_of(row.updated_at))
        parts.setdefault(row.case_id, []).append(part)
    receipts: dict[int, list[_Receipt]] = {}
    for receipt in await db.fetch_all(session, _Receipt, _RECEIPTS, params):
        receipts.setdefault(receipt.case_id, []).append(receipt)
    return {
        case.id: _balance(case, parts.get(case.id, []), receipts.get(case.id, []))
        for case in await db.fetch_all(session, _Case, _CASES, params)
    }


async def balance(session: AsyncSession, case_id: int) -> Balance:
    """The balance of one case. Raises LookupError when there is no such case."""
    return (await balances(session, [case_id]))[case_id]


async def within_reach(session: AsyncSession, caller: Caller, case_id: int) -> Balance:
    """The balance of a case that the caller may see; NotFound otherwise, naming the case."""
    reach, params = reach_filter(caller, "c")
    seen = await db.fetch_one(
        session,
        int,
        f"select 1 from cases_public_case c where c.id = %(case_id)s and {reach}",
        {**params, "case_id": case_id},
    )
    if not seen:
        raise NotFound(f"There is no case CASE-{case_id} within your reach.")
    return await balance(session, case_id)


def _balance(case: _Case, parts: Sequence[Part], receipts: Sequence[_Receipt]) -> Balance:
    own = Instalment(None, case.renewal_amount, case.due_date)
    return Balance(
        case_id=case.id,
        case_number=case.case_number,
        client_id=case.client_id,
        customer_id=case.customer_id,
        policy_id=case.policy_id,
        policy_number=case.policy_number,
        product=case.product_name,
        status=case.status,
        is_open=case.is_open,
        due_date=case.due_date,
        assigned_to=case.assigned_to,
        parts=tuple(parts) or (Part(own, f"{case.due_date:%B %Y}", "Renewal premium"),),
        receipts=tuple(
            Receipt(row.id, row.captured_amount - row.refunded_amount, frozenset(row.instalment_ids))
            for row in receipts
        ),
        sources={row.id: Source(row.method, row.reference, row.captured_at) for row in receipts},
    )
