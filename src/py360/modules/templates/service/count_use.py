"""Count how often a template is used."""

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db


async def count_use(session: AsyncSession, template_id: int, messages: int) -> None:
    """Add to a template's usage count."""
    await db.execute(
        session,
        "update templates set usage_count = usage_count + %(messages)s where id = %(id)s",
        {"id": template_id, "messages": messages},
    )
