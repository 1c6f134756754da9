"""Delete a template."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import Conflict
from py360.modules.templates.service.find import load


async def delete(session: AsyncSession, clients: Sequence[int], ref: str) -> int:
    """Delete a template that no campaign uses. Raises NotFound, and Conflict (`template_in_use`) when one does."""
    old = await load(session, clients, ref)
    try:
        async with session.begin_nested():
            await db.execute(session, "delete from templates where id = %(id)s", {"id": old.id})
    except db.IN_USE as error:
        raise Conflict(
            f"A campaign uses “{old.name}”. Archive it instead: it then leaves the lists and stays readable.",
            code="template_in_use",
        ) from error
    return old.id
