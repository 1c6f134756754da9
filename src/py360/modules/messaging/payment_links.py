"""Payment links in messages. Payments are above, so wiring fills in who makes the links."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.errors import Unavailable


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """A link to make: the case, the contact it goes to, and the amount it asks for (INR; None: all that is left when it is opened)."""

    case_id: int
    client_id: int
    contact: str | None = None
    amount: Decimal | None = None


class PaymentLinks(Protocol):
    """Makes payment links; `wiring` fills it with payments'."""

    async def __call__(self, session: AsyncSession, wanted: Sequence[LinkRequest]) -> dict[int, str]:
        """A fresh address for each case, valid for 48 hours, stored in the session's transaction."""
        ...


_makers: list[PaymentLinks] = []


def use_payment_links(maker: PaymentLinks) -> None:
    """Say who makes payment links (called by wiring)."""
    _makers[:] = [maker]


async def payment_link(session: AsyncSession, wanted: LinkRequest) -> str:
    """The address of a fresh payment link; raises Unavailable where this process has no payments."""
    if not _makers:
        raise Unavailable("Payment links cannot be made here: the payments module is not running.")
    return (await _makers[0](session, [wanted]))[wanted.case_id]
