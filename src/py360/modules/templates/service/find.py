"""Find a template: an active one to write with, or one in any status for its editor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.errors import Conflict, NotFound
from py360.modules.templates.models import Channel, Format, Template
from py360.modules.templates.variables import fold


@dataclass(frozen=True, slots=True)
class _Row:
    id: int
    client_id: int
    name: str
    template_type: Channel
    category: str
    subject: str | None
    content: str
    format: Format
    language: str
    version: int
    status: str
    dlt_template_id: str | None
    is_active: bool

    def template(self) -> Template:
        return Template(
            id=self.id,
            client_id=self.client_id,
            name=self.name,
            channel=self.template_type,
            category=self.category,
            subject=self.subject,
            content=self.content,
            format=self.format,
            language=self.language,
            version=self.version,
            status=self.status,
            dlt_template_id=self.dlt_template_id,
        )


_TEMPLATE: Final = """
select id, client_id, name, template_type, category, subject, content, format, language, version, status, dlt_template_id,
  is_active
from templates
"""
_BY_ID: Final = f"{_TEMPLATE} where client_id = %(client)s and id = %(id)s"
_BY_NAME: Final = f"""{_TEMPLATE}
where client_id = %(client)s and lower(regexp_replace(name, '[ _-]+', '', 'g')) = %(name)s
  and (%(channel)s::text is null or template_type = %(channel)s)
order by is_active desc, id limit 2
"""


async def find(session: AsyncSession, client_id: int, ref: str | int, channel: Channel | None = None) -> Template:
    """An active template of this client by code, number or unique name (case, spaces and underscores do not matter).

    Raises NotFound; Conflict when several have the name (`template_ambiguous`) or it is not active (`template_inactive`).
    """
    text = str(ref).strip()
    bare = text.lower().removeprefix(ids.PREFIXES["template"])
    if bare.isascii() and bare.isdigit():
        rows = await db.fetch_all(session, _Row, _BY_ID, {"client": client_id, "id": ids.number("template", bare)})
    else:
        named = {"client": client_id, "name": fold(text), "channel": channel}
        rows = await db.fetch_all(session, _Row, _BY_NAME, named)
    if not rows or (channel is not None and rows[0].template_type != channel):
        kind = f"{channel} " if channel else ""
        raise NotFound(f"There is no {kind}template “{text[:60]}”.", code="template_not_found")
    if len(rows) > 1 and rows[1].is_active:
        raise Conflict(f"Several templates are called “{text[:60]}”. Use the id.", code="template_ambiguous")
    if not rows[0].is_active:
        raise Conflict(
            f"The template “{rows[0].name}” is {rows[0].status}, not active. Activate it, or choose another.",
            code="template_inactive",
        )
    return rows[0].template()


async def load(session: AsyncSession, clients: Sequence[int], ref: str | int) -> Template:
    """A template in any status, for its editor. Raises NotFound."""
    row = await db.fetch_one(
        session,
        _Row,
        f"{_TEMPLATE} where id = %(id)s and client_id = any(%(clients)s)",
        {"id": ids.number("template", ref), "clients": list(clients)},
    )
    if row is None:
        raise NotFound(f"There is no template “{str(ref)[:60]}”.", code="template_not_found")
    return row.template()
