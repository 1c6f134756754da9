"""What other modules may ask: `await settings.get(session, client_id, settings.Campaigns)`, a frozen value."""

from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.modules.settings import service
from py360.modules.settings.sections import Campaigns, Claims, Dnc, Email, Payments, Renewals, Section
from py360.modules.settings.service import reseal

__all__ = [
    "Campaigns",
    "Claims",
    "Dnc",
    "Email",
    "Payments",
    "Renewals",
    "change_email",
    "change_renewals",
    "get",
    "reseal",
]

S = TypeVar("S", bound=Section)


async def get(source: db.Source, client_id: int, section: type[S]) -> S:
    """A client's values of a section, defaults filled in; within a session's transaction or from the read pool."""
    return await service.read(source, client_id, section)


async def change_renewals(session: AsyncSession, caller: Caller, values: Mapping[str, bool]) -> None:
    """Set values of the client's renewals tab for a caller who may change settings."""
    await service.change(session, caller, Renewals, dict(values))


async def change_email(session: AsyncSession, caller: Caller, values: Mapping[str, str | bool]) -> None:
    """Set values of the client's e-mail tab for a caller who may change settings. Raises Invalid."""
    await service.change(session, caller, Email, dict(values))
