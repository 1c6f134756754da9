"""What messaging takes over the wire."""

from typing import Annotated

from pydantic import AliasChoices, Field, StringConstraints, model_validator

from py360.kit.free_json import FreeJson
from py360.kit.wire import Schema

Content = Annotated[str, Field(min_length=1, max_length=500_000)]


class SendIn(Schema):
    """Fields that the three send calls share."""

    to: Annotated[str, StringConstraints(min_length=3, max_length=254)]
    template_id: str | int | None = Field(None, description="`template-1`, 1 or a unique template name")
    parameters: FreeJson = Field(default_factory=dict, max_length=100)
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
