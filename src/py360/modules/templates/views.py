"""What the API of templates answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.http import Pagination
from py360.modules.templates.compiler.lint import Finding


class TemplateWarning(TypedDict):
    """What is unwise in a template: a stable code and a sentence."""

    code: str
    message: str


class SmsView(TypedDict):
    """How an SMS is sent: its encoding, the units it takes and its parts, each of which costs."""

    encoding: str
    characters: int
    parts: int


class PreviewView(TypedDict):
    """A template with sample values; `content` is the HTML of an e-mail, the text of other messages."""

    type: str
    subject: str | None
    content: str
    text: str
    html: str | None
    variables: list[str]
    warnings: list[TemplateWarning]
    sms: NotRequired[SmsView]


class TemplateView(TypedDict):
    """A template. `variables` are spelled as its author did."""

    id: str
    clientId: int
    name: str
    type: str
    category: str
    subject: str | None
    content: str
    format: str
    language: str
    variables: list[str]
    tags: list[str]
    isActive: bool
    status: str
    dltTemplateId: str | None
    dltApproved: bool
    version: int
    usageCount: int
    usage: int
    lastModified: datetime
    createdBy: int | None
    createdAt: datetime
    updatedAt: datetime


class VersionView(TypedDict):
    """A version of a template, and who wrote it."""

    version: int
    subject: str | None
    format: str
    createdBy: int | None
    createdAt: datetime


class TemplateDetailsView(TemplateView):
    """A template with its last 50 versions, the newest first."""

    versions: list[VersionView]


class TemplateSummary(TypedDict):
    """The figures of the templates that the filters leave."""

    total: int
    active: int
    dltApproved: int
    totalUsage: int


class TemplateList(TypedDict):
    """A page of templates."""

    templates: list[TemplateView]
    pagination: Pagination
    summary: TemplateSummary


class SavedTemplateView(TypedDict):
    """A template that was saved."""

    templateId: str
    status: str
    version: int
    warnings: list[TemplateWarning]
    message: str


class TemplateMessage(TypedDict):
    """What was done with a template."""

    templateId: str
    message: str


class TemplateStatusView(TypedDict):
    """The status that a template has now."""

    templateId: str
    status: str
    message: str


class VariableView(TypedDict):
    """A variable that templates may use, and its other names."""

    name: str
    description: str
    sample: str
    aliases: list[str]


class VariableList(TypedDict):
    """The variables that templates may use."""

    variables: list[VariableView]


class ExportedTemplate(TypedDict):
    """A template as POST /api/templates/import takes it."""

    name: str
    type: str
    category: str
    subject: str | None
    content: str
    format: str
    language: str
    dltTemplateId: str | None
    tags: list[str]
    variables: list[str]


class ExportedTemplates(TypedDict):
    """Templates as POST /api/templates/import takes them."""

    templates: list[ExportedTemplate]


class ImportedTemplates(TypedDict):
    """The templates that were imported."""

    templateIds: list[str]
    imported: int
    message: str


def warnings_view(findings: Sequence[Finding]) -> list[TemplateWarning]:
    """Warnings as the API answers them."""
    return [{"code": each.code, "message": each.message} for each in findings]
