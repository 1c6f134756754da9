"""Save a template: a new one, or the next version of one. What was sent with older versions stays readable."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypedDict

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.errors import Conflict, Invalid, PreconditionFailed
from py360.modules.settings import api as settings
from py360.modules.templates.compiler.lint import Finding, lint
from py360.modules.templates.compiler.prove import prove
from py360.modules.templates.compiler.syntax import unify
from py360.modules.templates.models import Channel, Format, Template
from py360.modules.templates.service.find import load
from py360.modules.templates.service.set_status import needs_approval, refuse_taken_name, set_status

_HTML_TAGS: Final = (
    "p",
    "div",
    "table",
    "html",
    "body",
    "br",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "span",
    "strong",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a template is made of when it is saved."""

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


class Changes(TypedDict, total=False):
    """The fields of a Draft that an edit changes."""

    name: str
    channel: Channel
    content: str
    subject: str | None
    format: Format | None
    category: str
    language: str
    dlt_template_id: str | None
    dlt_approved: bool
    tags: Sequence[str]
    status: str | None


@dataclass(frozen=True, slots=True)
class Saved:
    """The outcome of a save."""

    id: int
    version: int
    status: str
    warnings: list[Finding]


def detect_format(channel: Channel, content: str) -> Format:
    """MJML, HTML or plain text, by what the content looks like."""
    if channel != "email":
        return "text"
    text = content.lower()
    if "<mjml" in text[:500]:
        return "mjml"
    tags = (f"<{tag}{end}" for tag in _HTML_TAGS for end in (">", " ", "\n", "/"))
    return "html" if any(tag in text for tag in tags) else "text"


_INSERT: Final = """
insert into templates (client_id, name, template_type, category, subject, content, format, language, variables, tags,
  is_active, status, dlt_template_id, dlt_approved, created_by)
values (%(client)s, %(name)s, %(type)s, %(category)s, %(subject)s, %(content)s, %(format)s, %(language)s, %(variables)s,
  %(tags)s, %(status)s = 'active', %(status)s, %(dlt)s, %(approved)s, %(user)s)
returning id
"""


async def create(
    session: AsyncSession, client_id: int, user_id: int | None, draft: Draft, *, ours: bool = False
) -> Saved:
    """Make a template: active at once unless the client requires approval. Raises TemplateInvalid, Conflict (`name_taken`).

    `ours`: one of the built-in templates, which needs no proof and no approval.
    """
    template = template_of(client_id, draft)
    findings = lint(template) if ours else (await prove([template]))[0]
    return await _insert(session, user_id, template, draft, findings, ours=ours)


async def create_all(
    session: AsyncSession, client_id: int, user_id: int | None, drafts: Sequence[Draft]
) -> list[Saved]:
    """Make several templates, all or none; what is wrong names the template."""
    templates = [template_of(client_id, draft) for draft in drafts]
    findings = await prove(templates)
    made = []
    for at, (draft, template) in enumerate(zip(drafts, templates, strict=True)):
        try:
            made.append(await _insert(session, user_id, template, draft, findings[at]))
        except (Invalid, Conflict) as problem:
            details = [{**each, "field": f"templates.{at}.{each['field']}"} for each in problem.details]
            raise type(problem)(f"“{draft.name}”: {problem.message}", code=problem.code, details=details) from problem
    return made


async def _insert(
    session: AsyncSession,
    user_id: int | None,
    template: Template,
    draft: Draft,
    findings: Sequence[Finding],
    *,
    ours: bool = False,
) -> Saved:
    await refuse_taken_name(session, template)
    status = draft.status or "active"
    if status == "active" and not ours and await needs_approval(session, template.client_id):
        status = "pending_approval"
    params = {**_params(template, draft), "client": template.client_id, "status": status, "user": user_id}
    number = await db.fetch_only(session, int, _INSERT, params)
    await keep_version(session, number, user_id)
    return Saved(number, 1, status, await _warnings(session, template, findings))


_UPDATE: Final = """
update templates set name = %(name)s, template_type = %(type)s, category = %(category)s, subject = %(subject)s,
  content = %(content)s, format = %(format)s, language = %(language)s, variables = %(variables)s, tags = %(tags)s,
  dlt_template_id = %(dlt)s, dlt_approved = %(approved)s, version = version + 1
where id = %(id)s and version = %(version)s
"""


async def update(
    session: AsyncSession, clients: Sequence[int], user_id: int, ref: str, changes: Changes, expected: int | None
) -> Saved:
    """Save a template again with `changes`: a new version. `expected` is the version the editor saw (If-Match).

    Where the client requires approval, an active template whose wording changes waits for it again. Raises
    PreconditionFailed when the version moved on, TemplateInvalid, Conflict, and what `set_status` raises for another status.
    """
    old = await load(session, clients, ref)
    if expected is not None and expected != old.version:
        raise PreconditionFailed
    if changes.keys() & {"content", "channel"} and "format" not in changes:
        changes = {**changes, "format": None}  # found out from the new content
    draft = replace(await _as_saved(session, old), **changes)
    template = template_of(old.client_id, draft, old.id, old.version + 1)
    (findings,) = await prove([template])
    await refuse_taken_name(session, template)
    params = {**_params(template, draft), "id": old.id, "version": old.version}
    if not await db.execute(session, _UPDATE, params):
        raise PreconditionFailed
    await keep_version(session, old.id, user_id)
    reworded = _wording(template) != _wording(old)
    _, status = await set_status(session, clients, user_id, ref, draft.status, None, reworded=reworded)
    return Saved(old.id, template.version, status, await _warnings(session, template, findings))


def _wording(template: Template) -> tuple[str, str | None, str, str]:
    return template.channel, template.subject, template.content, template.category


def template_of(client_id: int, draft: Draft, id: int = 0, version: int = 1) -> Template:
    """The template that a draft would be saved as."""
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


async def _warnings(session: AsyncSession, template: Template, findings: Sequence[Finding]) -> list[Finding]:
    """What is unwise in a template; that it has no DLT id is, unless the office needs none."""
    needed = (await settings.get(session, template.client_id, settings.Campaigns)).dlt_template_required
    return [each for each in findings if needed or each.code != "dlt_missing"]


def _params(template: Template, draft: Draft) -> dict[str, object]:
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


_KEEP_VERSION: Final = """
insert into template_versions (template_id, version, subject, content, format, created_by)
select id, version, subject, content, format, %(user)s from templates where id = %(id)s
"""


async def keep_version(session: AsyncSession, number: int, user_id: int | None) -> None:
    """Keep the wording of a template as its version, and who wrote it."""
    await db.execute(session, _KEEP_VERSION, {"id": number, "user": user_id})


@dataclass(frozen=True, slots=True)
class _Beside:
    tags: list[str]
    dlt_approved: bool


async def _as_saved(session: AsyncSession, old: Template) -> Draft:
    beside = await db.fetch_only(
        session, _Beside, "select tags, dlt_approved from templates where id = %(id)s", {"id": old.id}
    )
    return Draft(
        name=old.name,
        channel=old.channel,
        content=old.content,
        subject=old.subject,
        format=old.format,
        category=old.category,
        language=old.language,
        dlt_template_id=old.dlt_template_id,
        dlt_approved=beside.dlt_approved,
        tags=beside.tags,
    )
