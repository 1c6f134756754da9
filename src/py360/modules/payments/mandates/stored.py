"""Mandates as they are stored, and the numbers their gateway knows them by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller, reach_filter
from py360.kit.crypto import BadToken, sign, verify
from py360.kit.settings import settings
from py360.modules.payments.bulk import ORDER_PURPOSE
from py360.modules.payments.mandates.queries import missing
from py360.modules.payments.vendors.mandates import KnownMandate, Method

REGISTRATION: Final = "mandate registration"  # our reference at the gateway
PAGE: Final = "mandate page"  # in the address of the customer's own page
ENDED: Final = ("rejected", "expired", "cancelled")

_COLUMNS: Final = """
m.id, m.client_id, m.policy_id, m.case_id, m.provider_id, m.gateway, m.method, m.max_amount, m.valid_until, m.status,
m.paused_at, m.first_payment_id, m.registration_id, m.gateway_order, m.authorisation_url, m.link_expires_at, m.token, m.gateway_customer,
m.payment_method
"""
_LOCKED: Final = f"select {_COLUMNS} from payment_mandates m where m.id = any(%(ids)s) order by m.id for update"
_WITHIN_REACH: Final = f"""
select {_COLUMNS} from payment_mandates m join cases_public_case c on c.id = m.case_id where m.id = %(id)s and {{reach}}
"""
_CURRENT_CASE: Final = """
select c.id from cases_public_case c where c.policy_id = %(policy_id)s order by c.is_open desc, c.due_date desc, c.id desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Mandate:
    """A mandate. `token` and `payment_method` are the gateway's numbers of what is debited."""

    id: int
    client_id: int
    policy_id: int
    case_id: int
    provider_id: int
    gateway: str
    method: Method
    max_amount: Decimal
    valid_until: date
    status: str
    paused_at: datetime | None
    first_payment_id: int | None
    registration_id: str | None
    gateway_order: str | None
    authorisation_url: str | None
    link_expires_at: datetime
    token: str | None
    gateway_customer: str | None
    payment_method: str | None

    @property
    def may_debit(self) -> bool:
        """Whether a debit may be planned: in force at the gateway, and not paused by the office."""
        return self.status == "active" and self.paused_at is None and self.token is not None

    @property
    def known(self) -> KnownMandate:
        """Its numbers at the gateway."""
        return KnownMandate(
            reference(self.id, self.first_payment_id), self.registration_id, self.gateway_order, self.token, self.gateway_customer,
            self.payment_method,
        )  # fmt: skip


def reference(mandate_id: int, first_payment_id: int | None) -> str:
    """Our signed reference of a mandate at its gateway: that of the payment that authorises it, where there is one."""
    return (
        sign(REGISTRATION, str(mandate_id)) if first_payment_id is None else sign(ORDER_PURPOSE, str(first_payment_id))
    )


def number(purpose: str, token: str | None) -> int | None:
    """The number in a reference that we signed for a purpose; None for anything else."""
    try:
        return int(verify(purpose, token)) if token else None
    except BadToken:
        return None


def page_url(mandate_id: int) -> str:
    """The customer's own page, where they stop a debit or the mandate."""
    return f"{settings().public_url}/mandate/{sign(PAGE, str(mandate_id))}"


async def lock(session: AsyncSession, ids: Sequence[int]) -> list[Mandate]:
    """These mandates, locked in the order of their numbers. The money of a case is locked before its mandate."""
    return await db.fetch_all(session, Mandate, _LOCKED, {"ids": sorted(ids)})


async def within_reach(session: AsyncSession, caller: Caller, mandate_id: int, *, lock_it: bool = True) -> Mandate:
    """A mandate of a case that the caller may see, locked unless the money of a case is locked first. Raises NotFound."""
    reach, params = reach_filter(caller, "c")
    found = await db.fetch_one(session, Mandate, _WITHIN_REACH.format(reach=reach), {**params, "id": mandate_id})
    if found is None:
        raise missing(mandate_id)
    return (await lock(session, [mandate_id]))[0] if lock_it else found


async def current_case(session: AsyncSession, mandate: Mandate) -> int:
    """The case of the policy's term of today: a mandate outlives the renewal it was made for."""
    return await db.fetch_only(session, int, _CURRENT_CASE, {"policy_id": mandate.policy_id})
