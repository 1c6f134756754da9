"""What other modules may ask: `await settings.get(session, client_id, settings.Campaigns)`, a frozen value."""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.reads import Reads
from py360.modules.settings import service
from py360.modules.settings.sections import Campaigns, Dnc, Renewals, Section
from py360.modules.settings.service import reseal

__all__ = ["Campaigns", "Dnc", "Renewals", "get", "reseal"]

S = TypeVar("S", bound=Section)


async def get(source: AsyncSession | Reads, client_id: int, section: type[S]) -> S:
    """A client's values of a section, defaults filled in; within a session's transaction or from the read pool."""
    if isinstance(source, Reads):
        return await service.read_with(source, client_id, section)
    return await service.read(source, client_id, section)
