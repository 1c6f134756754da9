"""What the API of templates takes."""

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, StringConstraints, model_validator

from py360.kit.free_json import FreeJson
from py360.kit.wire import SHOWN, Schema
from py360.modules.templates.models import Channel, Format

Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Category = Literal[
    "promotional", "transactional", "renewal", "welcome", "payment", "claims", "reminder", "reminders", "general",
    "complaint", "inquiry", "document", "quotes",
]  # fmt: skip
Content = Annotated[str, Field(min_length=1, max_length=500_000)]
Status = Literal["draft", "pending_approval", "active", "rejected", "archived"]
DltId = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,50}$")]


class TemplateChange(Schema):
    """The fields of a template to change. `variables` is what the editor lists; the server reads them from the texts itself."""

    passed_over = SHOWN | {"isActive", "usageCount", "usage", "lastModified", "versions"}
    moves = frozenset({"usageCount", "usage", "lastModified"})

    name: Name = "-"
    type: Channel = "email"
    content: Content = "-"
    subject: Annotated[str, StringConstraints(max_length=500)] | None = None
    variables: list[str] = Field(default_factory=list, max_length=100)
    format: Format | None = Field(
        None, description="Of an e-mail: mjml, html or text. Empty: found out from the content"
    )
    category: Category = "renewal"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(?:_[A-Z]{2})?$")] = "en"
    dlt_template_id: DltId | None = None
    dlt_approved: bool = False
    tags: list[Annotated[str, StringConstraints(max_length=50)]] = Field(default_factory=list, max_length=20)
    status: Status | None = None


class TemplateIn(TemplateChange):
    """A new template."""

    name: Name
    type: Channel
    content: Content
    status: Literal["draft", "active"] | None = Field(
        None, description="draft keeps it out of sight until it is activated"
    )


class TemplateStatus(Schema):
    """Another status, or the DLT approval, or both."""

    status: Status | None = None
    dlt_approved: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> "TemplateStatus":
        if self.status is None and self.dlt_approved is None:
            raise ValueError("say which status, or dltApproved")
        return self


class PreviewIn(Schema):
    """Values to preview with, in any spelling; sample values stand in for the rest."""

    parameters: FreeJson = Field(
        default_factory=dict, validation_alias=AliasChoices("parameters", "data", "variables", "sampleData")
    )


class DraftPreviewIn(TemplateIn):
    """A template that is not saved yet, and values to preview it with."""

    name: Name = "-"
    parameters: FreeJson = Field(default_factory=dict)


class ImportIn(Schema):
    """Templates as GET /api/templates/export gives them."""

    templates: list[TemplateIn] = Field(min_length=1, max_length=200)
