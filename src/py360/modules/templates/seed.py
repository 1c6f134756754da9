"""The templates a client starts with."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.templates.builtin import BUILTIN
from py360.modules.templates.service.save import create


@dataclass(frozen=True, slots=True)
class _Present:
    template_type: str
    name: str


async def seed(session: AsyncSession, client_id: int) -> None:
    """Add the built-in templates that a client does not have; may be repeated."""
    rows = await db.fetch_all(
        session,
        _Present,
        "select template_type, lower(name) as name from templates where client_id = %(client)s",
        {"client": client_id},
    )
    present = {(row.template_type, row.name) for row in rows}
    for draft in BUILTIN:
        if (draft.channel, draft.name.lower()) not in present:
            await create(session, client_id, None, draft, ours=True)
