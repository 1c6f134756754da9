"""Move a template from draft to active and on, with approval where the client requires it."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import Conflict, Forbidden
from py360.modules.settings import api as settings
from py360.modules.templates.models import Template
from py360.modules.templates.service.find import load

# From each status, where a template may go (domain reference, section 13.1)
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "draft": frozenset({"active", "pending_approval", "archived"}),
    "pending_approval": frozenset({"active", "rejected", "draft"}),
    "rejected": frozenset({"draft", "archived"}),
    "active": frozenset({"archived", "draft"}),
    "archived": frozenset({"active"}),
}


async def needs_approval(session: AsyncSession, client_id: int) -> bool:
    """Whether a client's templates must be approved before they are used (setting templateApprovalRequired)."""
    return (await settings.get(session, client_id, settings.Campaigns)).template_approval_required


async def set_status(
    session: AsyncSession,
    clients: Sequence[int],
    user_id: int,
    ref: str,
    status: str | None,
    dlt_approved: bool | None,
    *,
    reworded: bool = False,
) -> tuple[int, str]:
    """Move a template to another status, or mark its DLT approval; its number and status.

    Where the client requires approval, the way to active leads through `pending_approval`, for a template that was reworded
    too, and nobody approves a wording of their own. Raises Conflict (`refused_transition`), Forbidden (`own_template`).
    """
    old = await load(session, clients, ref)
    wanted = status or old.status
    if wanted != old.status and wanted not in TRANSITIONS[old.status]:
        allowed = ", ".join(sorted(TRANSITIONS[old.status]))
        raise Conflict(
            f"A template that is {old.status} can become {allowed}, not {wanted}.", code="refused_transition"
        )
    if old.status == "archived" != wanted:
        await refuse_taken_name(session, old)
    if wanted == "active" and (old.status != "active" or reworded) and await needs_approval(session, old.client_id):
        if old.status != "pending_approval" or reworded:
            wanted = "pending_approval"
        elif await _author(session, old) == user_id:
            raise Forbidden(
                f"You wrote this version of “{old.name}”. Ask a colleague to approve it.", code="own_template"
            )
    await db.execute(
        session,
        "update templates set status = %(status)s, is_active = %(active)s,"
        " dlt_approved = coalesce(%(dlt)s, dlt_approved) where id = %(id)s",
        {"id": old.id, "status": wanted, "active": wanted == "active", "dlt": dlt_approved},
    )
    return old.id, wanted


async def _author(session: AsyncSession, template: Template) -> int | None:
    return await db.fetch_one(
        session,
        int,
        "select created_by from template_versions where template_id = %(id)s and version = %(version)s",
        {"id": template.id, "version": template.version},
    )


_TAKEN: Final = """
select exists (
  select from templates where client_id = %(client)s and lower(name) = lower(%(name)s) and template_type = %(type)s
    and language = %(language)s and id <> %(id)s and status <> 'archived')
"""


async def refuse_taken_name(session: AsyncSession, template: Template) -> None:
    """Raises Conflict (`name_taken`) when the client has another template of this name, channel and language in use."""
    params = {
        "client": template.client_id,
        "name": template.name,
        "type": template.channel,
        "language": template.language,
        "id": template.id,
    }
    if await db.fetch_only(session, bool, _TAKEN, params):
        raise Conflict(
            f"There is already a template for {template.channel} called “{template.name}”. Choose another name.",
            code="name_taken",
        )
