"""Templates: create, change (each change is a version), duplicate, retire, find."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.modules.settings import api as settings
from py360.modules.templates.compiler.lint import Finding, lint
from py360.modules.templates.compiler.syntax import unify
from py360.modules.templates.models import Channel, Format, Template
from py360.modules.templates.variables import fold

_COLUMNS: Final = (
    "id, client_id, name, template_type, category, subject, content, format, language, version, status, dlt_template_id"
)
# From each status, where a template may go (domain reference, section 13.1)
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = {
    "draft": frozenset({"active", "pending_approval", "archived"}),
    "pending_approval": frozenset({"active", "rejected", "draft"}),
    "rejected": frozenset({"draft", "archived"}),
    "active": frozenset({"archived", "draft"}),
    "archived": frozenset({"active"}),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template is made of when somebody saves it."""

    name: str
    channel: Channel
    content: str
    subject: str | None = None
    format: Format | None = None
    category: str = "renewal"
    language: str = "en"
    dlt_template_id: str | None = None
    dlt_approved: bool = False
    tags: Sequence[str] = ()
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """The outcome of a save."""

    id: int
    version: int
    status: str
    warnings: list[Finding]


def _of(row: db.Row) -> Template:
    return Template(
        id=row["id"],
        client_id=row["client_id"],
        name=row["name"],
        channel=row["template_type"],
        category=row["category"],
        subject=row["subject"],
        content=row["content"],
        format=row["format"],
        language=row["language"],
        version=row["version"],
        status=row["status"],
        dlt_template_id=row["dlt_template_id"],
    )


def detect_format(channel: Channel, content: str) -> Format:
    """MJML, HTML or plain text, by what the content looks like."""
    if channel != "email":
        return "text"
    if "<mjml" in content[:500].lower():
        return "mjml"
    return (
        "html" if re.search(r"<(?:p|div|table|html|body|br|a|h[1-6]|span|strong)\b", content, re.IGNORECASE) else "text"
    )


def _template(client_id: int, draft: Draft, id: int = 0, version: int = 1) -> Template:
    return Template(
        id=id,
        client_id=client_id,
        name=draft.name,
        channel=draft.channel,
        category=draft.category,
        subject=draft.subject if draft.channel == "email" else None,
        content=draft.content,
        format=draft.format or detect_format(draft.channel, draft.content),
        language=draft.language,
        version=version,
        dlt_template_id=draft.dlt_template_id,
    )


def spelled(template: Template) -> list[str]:
    """The variables as the author wrote them, in order of appearance, subject first."""
    names = (*unify(template.subject or "").spelled, *unify(template.content).spelled)
    return list(dict.fromkeys(names))


# ---------------------------------------------------------------- finding


async def find(session: AsyncSession, client_id: int, ref: str | int, channel: Channel | None = None) -> Template:
    """An active template of this client by code, number or unique name (case, spaces and underscores do not matter).

    Raises NotFound; Conflict when several have the name (`template_ambiguous`) or it is not active (`template_inactive`).
    """
    text = str(ref).strip()
    bare = text.lower().removeprefix(ids.PREFIXES["template"])
    if bare.isascii() and bare.isdigit():
        condition, params = "id = %(key)s", {"key": ids.number("template", bare)}
    else:
        condition = "lower(regexp_replace(name, '[ _-]+', '', 'g')) = %(key)s"
        condition += " and (%(channel)s::text is null or template_type = %(channel)s)"
        params = {"key": fold(text), "channel": channel}  # type: ignore[dict-item]  # a text or none, as the other branch has a number
    rows = await db.all(
        session,
        f"select {_COLUMNS}, is_active from templates where client_id = %(client)s and {condition}"
        " order by is_active desc, id limit 3",
        {**params, "client": client_id},
    )
    if not rows or (channel is not None and rows[0]["template_type"] != channel):
        raise NotFound(
            f"There is no {channel + ' ' if channel else ''}template “{text[:60]}”.", code="template_not_found"
        )
    if len(rows) > 1 and rows[1]["is_active"]:
        raise Conflict(f"Several templates are called “{text[:60]}”: use the id.", code="template_ambiguous")
    if not rows[0]["is_active"]:
        raise Conflict(
            f"The template “{rows[0]['name']}” is {rows[0]['status']}, not active.", code="template_inactive"
        )
    return _of(rows[0])


async def load(session: AsyncSession, clients: Sequence[int], ref: str | int) -> Template:
    """A template in any status, for its editor. Raises NotFound."""
    row = await db.one(
        session,
        f"select {_COLUMNS} from templates where id = %(id)s and client_id = any(%(clients)s)",
        {"id": ids.number("template", ref), "clients": list(clients)},
    )
    if row is None:
        raise NotFound(f"There is no template “{ref}”.", code="template_not_found")
    return _of(row)


# ---------------------------------------------------------------- saving


async def create(session: AsyncSession, client_id: int, user_id: int | None, draft: Draft) -> Saved:
    """Make a template: active at once unless the client requires approval. Raises TemplateInvalid, Conflict (`name_taken`)."""
    template = _template(client_id, draft)
    warnings = await _findings(session, template)
    await _refuse_taken_name(session, template)
    status = draft.status or "active"
    if status == "active" and await _needs_approval(session, client_id):
        status = "pending_approval"
    number = await db.value(
        session,
        "insert into templates (client_id, name, template_type, category, subject, content, format, language, variables,"
        " tags, is_active, status, dlt_template_id, dlt_approved, created_by)"
        " values (%(client)s, %(name)s, %(type)s, %(category)s, %(subject)s, %(content)s, %(format)s, %(language)s,"
        " %(variables)s, %(tags)s, %(active)s, %(status)s, %(dlt)s, %(approved)s, %(user)s) returning id",
        {
            **_values(template, draft),
            "client": client_id,
            "status": status,
            "active": status == "active",
            "user": user_id,
        },
    )
    await _keep_version(session, number, user_id)
    return Saved(number, 1, status, warnings)


async def create_all(
    session: AsyncSession, client_id: int, user_id: int | None, drafts: Sequence[Draft]
) -> list[Saved]:
    """Make several templates, all or none; what is wrong names the template."""
    made = []
    for at, draft in enumerate(drafts):
        try:
            made.append(await create(session, client_id, user_id, draft))
        except (Invalid, Conflict) as problem:
            details = [{**each, "field": f"templates.{at}.{each['field']}"} for each in problem.details]
            raise type(problem)(f"“{draft.name}”: {problem.message}", code=problem.code, details=details) from problem
    return made


async def _findings(session: AsyncSession, template: Template) -> list[Finding]:
    """What is unwise in a template; that it has no DLT id is, unless the office needs none. Raises TemplateInvalid."""
    found = lint(template)
    needed = (await settings.get(session, template.client_id, settings.Campaigns)).dlt_template_required
    return [each for each in found if needed or each.code != "dlt_missing"]


async def _needs_approval(session: AsyncSession, client_id: int) -> bool:
    return (await settings.get(session, client_id, settings.Campaigns)).template_approval_required


def _values(template: Template, draft: Draft) -> dict[str, Any]:
    return {
        "name": template.name,
        "type": template.channel,
        "category": template.category,
        "subject": template.subject,
        "content": template.content,
        "format": template.format,
        "language": template.language,
        "variables": orjson.dumps(spelled(template)).decode(),
        "tags": orjson.dumps(list(draft.tags)).decode(),
        "dlt": draft.dlt_template_id,
        "approved": draft.dlt_approved,
    }


async def _refuse_taken_name(session: AsyncSession, template: Template) -> None:
    taken = await db.value(
        session,
        "select 1 from templates where client_id = %(client)s and lower(name) = lower(%(name)s)"
        " and template_type = %(type)s and language = %(language)s and id <> %(id)s and status <> 'archived'",
        {
            "client": template.client_id,
            "name": template.name,
            "type": template.channel,
            "language": template.language,
            "id": template.id,
        },
    )
    if taken:
        raise Conflict(
            f"There is already a template for {template.channel} called “{template.name}”.", code="name_taken"
        )


async def _keep_version(session: AsyncSession, number: int, user_id: int | None) -> None:
    await db.execute(
        session,
        "insert into template_versions (template_id, version, subject, content, format, created_by)"
        " select id, version, subject, content, format, %(user)s from templates where id = %(id)s",
        {"id": number, "user": user_id},
    )


async def _as_saved(session: AsyncSession, old: Template) -> Draft:
    kept = await db.one(session, "select tags, dlt_approved from templates where id = %(id)s", {"id": old.id})
    assert kept is not None  # just loaded
    return Draft(
        name=old.name,
        channel=old.channel,
        content=old.content,
        subject=old.subject,
        format=old.format,
        category=old.category,
        language=old.language,
        dlt_template_id=old.dlt_template_id,
        dlt_approved=kept["dlt_approved"],
        tags=kept["tags"],
    )


async def update(
    session: AsyncSession,
    clients: Sequence[int],
    user_id: int,
    ref: str,
    changes: Mapping[str, Any],
    expected: int | None,
) -> Saved:
    """Save a template again with `changes` to its Draft: a new version; what was sent with older ones stays readable.

    `expected` is the version the editor saw (If-Match). Raises PreconditionFailed when it moved on, and what `set_status`
    raises for another status.
    """
    old = await load(session, clients, ref)
    if expected is not None and expected != old.version:
        raise PreconditionFailed
    if changes.keys() & {"content", "channel"}:
        changes = {"format": None, **changes}  # found out from the new content
    draft = replace(await _as_saved(session, old), **changes)
    template = _template(old.client_id, draft, old.id, old.version + 1)
    warnings = await _findings(session, template)
    await _refuse_taken_name(session, template)
    changed = await db.execute(
        session,
        "update templates set name = %(name)s, template_type = %(type)s, category = %(category)s, subject = %(subject)s,"
        " content = %(content)s, format = %(format)s, language = %(language)s, variables = %(variables)s, tags = %(tags)s,"
        " dlt_template_id = %(dlt)s, dlt_approved = %(approved)s, version = version + 1"
        " where id = %(id)s and version = %(version)s",
        {**_values(template, draft), "id": old.id, "version": old.version},
    )
    if not changed:
        raise PreconditionFailed
    await _keep_version(session, old.id, user_id)
    _, status = await set_status(session, clients, ref, draft.status, None)
    return Saved(old.id, template.version, status, warnings)


async def duplicate(session: AsyncSession, clients: Sequence[int], user_id: int, ref: str) -> int:
    """A draft copy called “<name> (Copy)”, the next one “<name> (Copy 2)”; the new number."""
    old = await load(session, clients, ref)
    number: int = await db.value(
        session,
        "insert into templates (client_id, name, template_type, category, subject, content, format, language, variables,"
        " tags, is_active, status, dlt_template_id, created_by)"
        " select client_id, free.name, template_type, category, subject, content, format, language, variables, tags, false,"
        " 'draft', dlt_template_id, %(user)s from templates t cross join lateral ("
        "  select left(t.name, 240) || case n when 1 then ' (Copy)' else ' (Copy ' || n || ')' end from generate_series(1, 999) n"
        "  order by exists (select from templates o where o.client_id = t.client_id and o.template_type = t.template_type"
        "   and lower(o.name) = lower(left(t.name, 240) || case n when 1 then ' (Copy)' else ' (Copy ' || n || ')' end)"
        "   and o.language = t.language and o.status <> 'archived'), n limit 1) free (name)"
        " where t.id = %(id)s returning id",
        {"id": old.id, "user": user_id},
    )
    await _keep_version(session, number, user_id)
    return number


async def set_status(
    session: AsyncSession, clients: Sequence[int], ref: str, status: str | None, dlt_approved: bool | None
) -> tuple[int, str]:
    """Move a template to another status, or mark its DLT approval; its number and status.

    Raises Conflict (`refused_transition`) with the allowed ones.
    """
    old = await load(session, clients, ref)
    wanted = status or old.status
    if wanted != old.status and wanted not in TRANSITIONS[old.status]:
        allowed = ", ".join(sorted(TRANSITIONS[old.status]))
        raise Conflict(
            f"A template that is {old.status} can become {allowed}, not {wanted}.", code="refused_transition"
        )
    if old.status == "archived" != wanted:
        await _refuse_taken_name(session, old)
    if wanted == "active" and old.status == "draft" and await _needs_approval(session, old.client_id):
        wanted = "pending_approval"
    await db.execute(
        session,
        "update templates set status = %(status)s, is_active = %(active)s,"
        " dlt_approved = coalesce(%(dlt)s, dlt_approved) where id = %(id)s",
        {"id": old.id, "status": wanted, "active": wanted == "active", "dlt": dlt_approved},
    )
    return old.id, wanted


async def delete(session: AsyncSession, clients: Sequence[int], ref: str) -> int:
    """Remove a template that no campaign uses. Raises Conflict (`template_in_use`) otherwise: archive it instead."""
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


async def count_use(session: AsyncSession, template_id: int, messages: int) -> None:
    """Add to a template's usage count."""
    await db.execute(
        session,
        "update templates set usage_count = usage_count + %(messages)s where id = %(id)s",
        {"id": template_id, "messages": messages},
    )
