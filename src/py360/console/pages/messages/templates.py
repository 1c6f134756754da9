"""Templates of messages: the list, the editor, and how one looks to a customer."""

import asyncio
import secrets
from typing import Annotated, Final

import orjson
from fastapi import Depends, Path, Request, Response

from py360.console.api_client import ApiProblem, Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit import resources
from py360.kit.errors import NotFound

MAX_DRAFT: Final = 2 << 20  # bytes
router = PageRouter(max_body_size=MAX_DRAFT)

TYPES: Final = (("email", text("E-mail")), ("sms", "SMS"), ("whatsapp", "WhatsApp"))
CATEGORIES: Final = tuple(
    (code, text(code.capitalize()))
    for code in ("renewal", "reminder", "payment", "welcome", "claims", "transactional", "promotional")
)
STATUSES: Final = tuple(
    (code, text(words))
    for code, words in (("draft", "Draft"), ("pending_approval", "Pending approval"), ("active", "Active"), ("rejected", "Rejected"), ("archived", "Archived"))
)  # fmt: skip
TEMPLATES: Final = Listing(
    address="/templates",
    path="/templates",
    key="templates",
    title=text("Templates"),
    icon="templates",
    nothing=text("No templates yet"),
    nothing_text=text("A template is a text with variables, which each message fills in for its customer."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Name, text or tag")),
        Filter("type", text("Channel"), choices=TYPES),
        Filter("category", text("Category"), choices=CATEGORIES),
        Filter("status", text("Status"), choices=STATUSES),
    ),
    columns=(
        Column("name", text("Template"), link="/templates/{id}", lead=True, under="subject"),
        Column("type", text("Channel"), "label"),
        Column("category", text("Category"), "label"),
        Column("language", text("Language"), "language"),
        Column("status", text("Status"), "badge"),
        Column("dltApproved", text("DLT"), "yes"),
        Column("usageCount", text("Used"), "number"),
        Column("lastModified", text("Changed"), "day"),
    ),
)
# What a previewed mail may do: show its style and pictures inside its frame, nothing else.
PREVIEW_POLICY: Final = (
    "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *; frame-ancestors 'self'; sandbox"
)
_DRAFT_SECONDS: Final = 600  # how long the frame of a preview may ask for its mail
CanWrite = Annotated[Visit, Depends(VisitWith("templates"))]
CanChoose = Annotated[Visit, Depends(VisitWith("templates", "campaigns", "upload:template-selection", "cases"))]


@router.get("/templates")
async def templates(visit: Annotated[Visit, Depends(VisitWith("templates", query=TEMPLATES.query))]) -> Response:
    """The templates of the caller's clients."""
    return await TEMPLATES.show(visit, "templates/list.html")


@router.get("/templates/new")
async def new(visit: Annotated[Visit, Depends(VisitWith("templates", query=frozenset({"type"})))]) -> Response:
    """The editor, empty."""
    return await _editor(visit, None, visit.query.get("type", "email"))


@router.get("/templates/import")
async def import_file(visit: CanWrite) -> Response:
    """Take templates from a file, such as the one that another installation exported."""
    return visit.page("templates/import.html", types=TYPES, categories=CATEGORIES)


@router.get("/templates/{template_id}")
async def template(visit: CanWrite, template_id: str) -> Response:
    """The editor of a template, with its preview and its versions."""
    found = await visit.api.get(Data, f"/templates/{template_id}")
    return await _editor(visit, found, str(found["type"]))


@router.get("/templates/{template_id}/preview")
async def preview(visit: CanChoose, template_id: str) -> Response:
    """A part of a page: the template with sample values, as a customer sees it."""
    found = await visit.api.post(Data, f"/templates/{template_id}/preview", {})
    return visit.page("templates/preview.html", found=found, mail=f"/templates/{template_id}/mail")


@router.get("/templates/{template_id}/mail")
async def mail(visit: CanChoose, template_id: str) -> Response:
    """The HTML of an e-mail with sample values, for the frame of the preview."""
    found = await visit.api.post(Data, f"/templates/{template_id}/preview", {})
    return _mail(str(found["html"] or found["text"]))


@router.post("/templates/preview")
async def preview_draft(visit: CanWrite, request: Request) -> Response:
    """A part of the editor: what stands in its form, as a customer would see it, or why it could not be saved."""
    try:
        found = await visit.api.post(Data, "/templates/preview", orjson.loads(await request.body()))
    except ApiProblem as refused:
        return visit.page("templates/preview.html", found=None, problem=refused)
    draft = secrets.token_urlsafe(12)
    if found["html"]:
        await resources.current().cache.set(_draft_key(visit, draft), str(found["html"]), ex=_DRAFT_SECONDS)
    return visit.page("templates/preview.html", found=found, mail=f"/templates/drafts/{draft}")


@router.get("/templates/drafts/{draft}")
async def draft_mail(visit: CanWrite, draft: Annotated[str, Path(max_length=40)]) -> Response:
    """The HTML of a mail that is not saved, for the frame of its preview."""
    html = await resources.current().cache.get(_draft_key(visit, draft))
    if html is None:
        raise NotFound("This preview has gone. Change the text to see a new one.")
    return _mail(html)


def _draft_key(visit: Visit, draft: str) -> str:
    """Under which a preview waits for its frame: its author's alone."""
    return f"console:draft:{visit.caller.user_id if visit.caller else 0}:{draft}"


def _mail(html: str) -> Response:
    return Response(html, headers={"Content-Security-Policy": PREVIEW_POLICY}, media_type="text/html; charset=utf-8")


async def _editor(visit: Visit, found: Data | None, kind: str) -> Response:
    variables, languages = await asyncio.gather(
        visit.api.get(Data, "/templates/variables"), visit.api.get(Data, "/languages")
    )
    return visit.page(
        "templates/editor.html",
        template=found,
        kind=kind,
        types=TYPES,
        categories=CATEGORIES,
        variables=variables["variables"],
        spoken_languages=languages["languages"],
    )
