"""A template as it is in one version, and what becomes of it for one recipient."""

from dataclasses import dataclass
from typing import Literal

Channel = Literal["email", "sms", "whatsapp", "call"]
# `transactional`: about the reader's own account with us, such as a password link; no customer's opt-out is meant for it
Purpose = Literal["service", "promotional", "transactional"]
Format = Literal["text", "html", "mjml"]


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it stood in one version; what `compile` takes."""

    id: int
    client_id: int
    name: str
    channel: Channel
    category: str
    subject: str | None
    content: str
    format: Format
    language: str = "en"
    version: int = 1
    status: str = "active"
    dlt_template_id: str | None = None

    @property
    def purpose(self) -> Purpose:
        """Promotional templates need an opt-in and the legal window; all others are service messages."""
        return "promotional" if self.category == "promotional" else "service"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's texts after the values went in; `html` only for e-mail."""

    subject: str
    text: str
    html: str | None = None
