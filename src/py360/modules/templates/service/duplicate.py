"""Copy a template."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, sql
from py360.modules.templates.service.find import load
from py360.modules.templates.service.save import keep_version

_DUPLICATE: Final = sql.read(__file__, "duplicate")


async def duplicate(session: AsyncSession, clients: Sequence[int], user_id: int, ref: str) -> int:
    """A draft copy called “<name> (Copy)”, the next one “<name> (Copy 2)”; the new number. Raises NotFound."""
    old = await load(session, clients, ref)
    number = await db.fetch_only(session, int, _DUPLICATE, {"id": old.id, "user": user_id})
    await keep_version(session, number, user_id)
    return number
