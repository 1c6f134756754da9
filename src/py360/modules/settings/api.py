"""What other modules may ask: `await settings.get(session, client_id, settings.Campaigns)`, a frozen value."""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto
from py360.kit.reads import Reads
from py360.modules.settings import service
from py360.modules.settings.sections import (
    Campaigns,
    Claims,
    Dnc,
    Email,
    Feedback,
    Integrations,
    Renewals,
    Section,
    System,
    WhatsappFlow,
)

__all__ = [
    "Campaigns",
    "Claims",
    "Dnc",
    "Email",
    "Feedback",
    "Integrations",
    "Renewals",
    "System",
    "WhatsappFlow",
    "get",
    "secret",
]

S = TypeVar("S", bound=Section)


async def get(source: AsyncSession | Reads, client_id: int, section: type[S]) -> S:
    """A client's values of a section, defaults filled in; within a session's transaction or from the read pool."""
    if isinstance(source, Reads):
        return await service.read_with(source, client_id, section)
    return await service.read(source, client_id, section)


def secret(sealed: str) -> str:
    """The plain text of a secret value; empty when none is set."""
    return crypto.unseal(sealed) if sealed else ""
