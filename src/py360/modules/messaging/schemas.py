"""What messaging takes over the wire."""

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, StringConstraints, model_validator

from py360.kit.wire import SHOWN, Schema
from py360.modules.messaging.messages import Channel, Format

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

    passed_over = SHOWN | {"isActive", "usageCount", "versions"}
    moves = frozenset({"usageCount"})

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

    parameters: dict[str, Any] = Field(
        default_factory=dict, validation_alias=AliasChoices("parameters", "data", "variables", "sampleData")
    )


class ImportIn(Schema):
    """Templates as GET /api/templates/export gives them."""

    templates: list[TemplateIn] = Field(min_length=1, max_length=200)


class SendIn(Schema):
    """Fields that the three send calls share."""

    to: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    template_id: str | int | None = Field(None, description="`template-1`, 1 or a unique template name")
    parameters: dict[str, Any] = Field(default_factory=dict, max_length=100)
    case_id: str | int | None = Field(None, description="Of the case this is about; its values fill the template")
    provider_id: int | None = None


class TextIn(SendIn):
    """An SMS or WhatsApp message: a template with its parameters, or a text."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=4_096)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "TextIn":
        if (self.message is None) == (self.template_id is None):
            raise ValueError("give either message or templateId")
        return self


class EmailIn(SendIn):
    """An e-mail: a template with its parameters, or subject and body."""

    subject: Annotated[str, StringConstraints(min_length=1, max_length=500)] | None = None
    body: Content | None = Field(None, validation_alias=AliasChoices("body", "content", "message"))

    @model_validator(mode="after")
    def _one_of(self) -> "EmailIn":
        if (self.body is None) == (self.template_id is None):
            raise ValueError("give either templateId, or subject and body")
        if self.body is not None and self.subject is None:
            raise ValueError("subject is missing")
        return self


class BulkStatusIn(Schema):
    """Messages to ask about."""

    message_ids: list[str] = Field(min_length=1, max_length=500)


class ProviderLimits(Schema):
    """How much an account may send; null means no limit."""

    daily_limit: Annotated[int, Field(gt=0, le=2_000_000_000)] | None = None
    monthly_limit: Annotated[int, Field(gt=0, le=2_000_000_000)] | None = None
    rate_limit: Annotated[int, Field(gt=0, le=1_000_000, description="Messages per minute")] | None = None


class ProviderIn(Schema):
    """A sender account. Secrets are write-only: a masked or missing one keeps its value."""

    passed_over = SHOWN | {"isSandbox", "status", "lastUsed", "lastTested"}
    moves = frozenset({"status", "lastUsed", "lastTested"})

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    channel: Literal["email", "sms", "whatsapp", "call", "payment"]
    type: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    config: dict[str, Any] = Field(default_factory=dict, max_length=40)
    limits: ProviderLimits | None = Field(None, description="Missing: the vendor's usual limits")
    is_active: bool = True
    is_default: bool = False
    dlt_entity_id: Annotated[str, StringConstraints(max_length=50)] | None = Field(
        None,
        description="The sender's principal entity at the DLT register; texts must then match a registered template",
    )


class Active(Schema):
    """On or off; missing turns it round."""

    is_active: bool | None = None


class ProviderTest(Schema):
    """A saved account by its number, or settings not saved yet."""

    channel: Literal["email", "sms", "whatsapp", "call", "payment"]
    provider_id: int | None = None
    type: str | None = None
    config: dict[str, Any] = Field(default_factory=dict, max_length=40)
