"""Templates: kept, previewed, exported."""

from typing import Annotated, cast

from fastapi import Query, Response

from py360.kit import ids
from py360.kit.http import (
    Answer,
    AsFile,
    DbReads,
    IfMatch,
    PageParams,
    Router,
    Session,
    Sort,
    audit,
    download,
    etag,
    listed,
    ok,
)
from py360.modules.templates import queries
from py360.modules.templates.access import CanReadTemplates, CanWriteTemplates
from py360.modules.templates.schemas import (
    DraftPreviewIn,
    ImportIn,
    PreviewIn,
    TemplateChange,
    TemplateIn,
    TemplateStatus,
)
from py360.modules.templates.service.delete import delete
from py360.modules.templates.service.duplicate import duplicate
from py360.modules.templates.service.find import load
from py360.modules.templates.service.preview import preview, preview_draft
from py360.modules.templates.service.save import Changes, Draft, Saved, create, create_all, update
from py360.modules.templates.service.set_status import set_status
from py360.modules.templates.variables import CATALOGUE
from py360.modules.templates.views import (
    ExportedTemplates,
    ImportedTemplates,
    PreviewView,
    SavedTemplateView,
    TemplateDetailsView,
    TemplateList,
    TemplateMessage,
    TemplateStatusView,
    VariableList,
    warnings_view,
)

MAX_BODY = 10 << 20  # bytes: 200 templates are imported at once
router = Router(max_body_size=MAX_BODY)
_IMPORTABLE = (
    "name", "type", "category", "subject", "content", "format", "language", "dltTemplateId", "tags", "variables",
)  # fmt: skip


def _draft(body: TemplateIn) -> Draft:
    return Draft(
        name=body.name,
        channel=body.type,
        content=body.content,
        subject=body.subject,
        format=body.format,
        category=body.category,
        language=body.language,
        dlt_template_id=body.dlt_template_id,
        dlt_approved=body.dlt_approved,
        tags=tuple(body.tags),
        status=body.status,
    )


def _saved(saved: Saved, message: str) -> SavedTemplateView:
    return {
        "templateId": ids.code("template", saved.id),
        "status": saved.status,
        "version": saved.version,
        "warnings": warnings_view(saved.warnings),
        "message": message,
    }


@router.get("/templates", response_model=Answer[TemplateList])
async def list_templates(
    reads: DbReads,
    caller: CanReadTemplates,
    page: PageParams,
    type: Annotated[str | None, Query(description="email, sms, whatsapp, call; comma list")] = None,
    active: bool | None = None,
    category: str | None = None,
    status: str | None = None,
    search: Annotated[str | None, Query(max_length=100, description="In name, content and tags")] = None,
    as_file: AsFile = None,
) -> Response:
    """Templates by type and activity."""
    found = queries.templates(
        caller, page.sort, types=type, active=active, categories=category, statuses=status, search=search
    )
    return await listed(reads, found, page, as_file, summary=await queries.summary(reads, found))


@router.post("/templates", status_code=201, response_model=Answer[SavedTemplateView])
async def create_template(session: Session, caller: CanWriteTemplates, body: TemplateIn) -> Response:
    """Make a template. It is active at once unless the setting templateApprovalRequired is on; warnings do not stop it."""
    saved = await create(session, caller.client_id, caller.user_id, _draft(body))
    return ok(_saved(saved, "Template created successfully"), 201, etag(saved.version))


@router.get("/templates/variables", response_model=Answer[VariableList])
async def list_variables(caller: CanReadTemplates) -> Response:
    """The variables templates may use: `{{name}}`, `{name}` and `[Name]` all work, in any case, with or without spaces."""
    found = [
        {"name": each.name, "description": each.description, "sample": each.sample, "aliases": list(each.aliases)}
        for each in CATALOGUE.values()
    ]
    return ok({"variables": found})


@router.get("/templates/export", response_model=Answer[ExportedTemplates])
async def export_templates(
    reads: DbReads, caller: CanReadTemplates, type: str | None = None, sort: Sort = None, as_file: AsFile = None
) -> Response:
    """All templates in the form that POST /api/templates/import takes, or as a file for people."""
    found = queries.templates(caller, sort, types=type)
    if as_file:
        return await download(found.file(reads, as_file))
    rows = (await found.whole(reads))["templates"]
    return ok({"templates": [{key: row[key] for key in _IMPORTABLE} for row in rows]})


@router.post("/templates/import", status_code=201, response_model=Answer[ImportedTemplates])
async def import_templates(session: Session, caller: CanWriteTemplates, body: ImportIn) -> Response:
    """Make several templates; all or none."""
    drafts = [_draft(each) for each in body.templates]
    made = await create_all(session, caller.client_id, caller.user_id, drafts)
    found = [ids.code("template", each.id) for each in made]
    return ok({"templateIds": found, "imported": len(found), "message": f"{len(found)} templates imported"}, 201)


@router.get("/templates/{template_id}", response_model=Answer[TemplateDetailsView])
async def read_template(reads: DbReads, caller: CanReadTemplates, template_id: str) -> Response:
    """One template, with its versions."""
    found = await queries.template(reads, caller, template_id)
    return ok(found, headers=etag(found["version"]))


@router.put("/templates/{template_id}", response_model=Answer[SavedTemplateView])
async def update_template(
    session: Session,
    reads: DbReads,
    caller: CanWriteTemplates,
    template_id: str,
    body: TemplateChange,
    version: IfMatch,
) -> Response:
    """Save a template as its next version; what is left out stays. Messages already sent keep theirs."""
    changes = body.model_dump(exclude_unset=True, exclude={"variables"})
    if "type" in changes:
        changes["channel"] = changes.pop("type")
    before = await queries.template(reads, caller, template_id)
    saved = await update(session, caller.client_ids, caller.user_id, template_id, cast(Changes, changes), version)
    body.as_shown(before)
    return ok(_saved(saved, "Template saved"), headers=etag(saved.version))


@router.delete("/templates/{template_id}", response_model=Answer[TemplateMessage])
async def delete_template(session: Session, caller: CanWriteTemplates, template_id: str) -> Response:
    """Delete a template that no campaign uses; otherwise archive it."""
    number = await delete(session, caller.client_ids, template_id)
    return ok({"templateId": ids.code("template", number), "message": "Template deleted"})


@router.post("/templates/{template_id}/duplicate", status_code=201, response_model=Answer[TemplateMessage])
async def duplicate_template(session: Session, caller: CanWriteTemplates, template_id: str) -> Response:
    """Copy a template as a draft."""
    number = await duplicate(session, caller.client_ids, caller.user_id, template_id)
    return ok({"templateId": ids.code("template", number), "message": "Template duplicated"}, 201)


@router.post("/templates/{template_id}/preview", response_model=Answer[PreviewView])
async def preview_template(session: Session, caller: CanReadTemplates, template_id: str, body: PreviewIn) -> Response:
    """The finished texts with sample values, or with yours."""
    audit.leave_out()
    template = await load(session, caller.client_ids, template_id)
    return ok(preview(template, body.parameters))


@router.post("/templates/preview", response_model=Answer[PreviewView])
async def preview_unsaved(caller: CanWriteTemplates, body: DraftPreviewIn) -> Response:
    """The finished texts of a template that is not saved, with sample values or yours; refused as saving it would be."""
    audit.leave_out()
    return ok(await preview_draft(caller.client_id, _draft(body), body.parameters))


@router.put("/templates/{template_id}/status", response_model=Answer[TemplateStatusView])
async def set_template_status(
    session: Session, caller: CanWriteTemplates, template_id: str, body: TemplateStatus
) -> Response:
    """Activate, archive, approve or reject a template, or mark its DLT approval."""
    number, status = await set_status(
        session, caller.client_ids, caller.user_id, template_id, body.status, body.dlt_approved
    )
    return ok({"templateId": ids.code("template", number), "status": status, "message": f"The template is {status}"})
