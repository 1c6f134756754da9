"""What other modules may call."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.modules.messaging.api import LinkRequest
from py360.modules.payments.gateways import check
from py360.modules.payments.service import links

__all__ = ["check", "make_links"]


async def make_links(session: AsyncSession, wanted: Sequence[LinkRequest]) -> dict[int, str]:
    """A fresh payment link for each case, in one statement: case number -> address, valid for 48 hours from now.

    The cases must differ from each other. The address works once the session's transaction has committed.
    """
    made = await links.make(session, wanted, resources.current().clock.now())
    return {case_id: links.url(link_id) for case_id, link_id in made.items()}
