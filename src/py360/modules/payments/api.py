"""What other modules may call."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import resources
from py360.kit.settings import settings
from py360.modules.messaging.api import LinkRequest
from py360.modules.payments import accounts, links

__all__ = ["make_links", "seed"]


async def make_links(session: AsyncSession, wanted: Sequence[LinkRequest]) -> dict[int, str]:
    """A fresh payment link for each case, in one statement: case number -> address, valid for 48 hours from now.

    The cases must differ from each other. The address works once the session's transaction has committed.
    """
    made = await links.make(session, wanted, resources.current().clock.now())
    return {case_id: links.url(link_id) for case_id, link_id in made.items()}


async def seed(session: AsyncSession, client_id: int) -> None:
    """The sandbox gateway account of a client; may be repeated. It never replaces a real account."""
    await accounts.seed_sandbox(session, client_id, settings())
