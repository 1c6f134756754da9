"""Payment links: signed, valid for 48 hours, used up only by a successful payment.

The token holds the link's number and its signature; everything else is a row, so that a link can expire, be replaced
and be counted. Opening or prefetching it spends nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.crypto import BadToken, sign, verify
from py360.kit.settings import settings
from py360.modules.messaging.api import LinkRequest

PURPOSE: Final = "payment link"
LIFETIME: Final = timedelta(hours=48)

_MAKE: Final = """
insert into payment_links (client_id, case_id, amount, contact, expires_at)
select * from unnest(%(clients)s::bigint[], %(cases)s::bigint[], %(amounts)s::numeric[], %(contacts)s::text[]) as asked
  (client_id, case_id, amount, contact) cross join (select %(expires_at)s::timestamptz) until
returning id, case_id
"""
_READ: Final = """
select id, client_id, case_id, amount, contact, expires_at, used_at, replaced_by
from payment_links where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is stored."""

    id: int
    client_id: int
    case_id: int
    amount: Decimal | None  # all that is left, when None
    expires_at: datetime
    contact: str | None = None
    used_at: datetime | None = None
    replaced_by: int | None = None

    @property
    def token(self) -> str:
        """What is in its address."""
        return sign(PURPOSE, str(self.id))


@dataclass(frozen=True, slots=True)
class _Made:
    id: int
    case_id: int


async def make(session: AsyncSession, wanted: Sequence[LinkRequest], now: datetime) -> dict[int, int]:
    """Store links, one per case, in one statement; their numbers by case."""
    rows = await db.fetch_all(
        session,
        _Made,
        _MAKE,
        {
            "clients": [link.client_id for link in wanted],
            "cases": [link.case_id for link in wanted],
            "amounts": [link.amount for link in wanted],
            "contacts": [link.contact for link in wanted],
            "expires_at": now + LIFETIME,
        },
    )
    return {row.case_id: row.id for row in rows}


def url(link_id: int) -> str:
    """The address a customer opens."""
    return f"{settings().public_url}/pay/{sign(PURPOSE, str(link_id))}"


async def read(session: AsyncSession, token: str) -> Link:
    """The link behind a token; raises BadToken when there is none."""
    link = await db.fetch_one(session, Link, _READ, {"id": int(verify(PURPOSE, token))})
    if link is None:
        raise BadToken
    return link
