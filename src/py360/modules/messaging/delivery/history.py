"""The text of a message: kept for one that was written to one person, rendered again for a campaign's, whose text would be
kept a million times."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import minijinja

from py360.kit.errors import Invalid
from py360.modules.messaging.messages import Outgoing
from py360.modules.messaging.render import compile_message
from py360.modules.templates.api import Channel, Format, Rendered, Template, Value, compile

# What only the message itself had is shown by its name.
_OF_THE_MESSAGE: Final = {"payment_link": "[Payment Link]", "unsubscribe_link": "[Unsubscribe Link]"}


def kept(outgoing: Outgoing, rendered: bool) -> tuple[str | None, str | None]:
    """The subject and the text that the ledger keeps of a message; of a template's only when `rendered`."""
    if outgoing.template is None:
        return outgoing.subject, None if outgoing.confidential else outgoing.body
    if outgoing.confidential or not rendered:
        return None, None
    rendered_message = compile_message(outgoing).render({**_OF_THE_MESSAGE, **outgoing.values})
    return rendered_message.subject or None, rendered_message.text


@dataclass(frozen=True, slots=True)
class SentVersion:
    """The version of a template that a message was made from (`templates_public_version`), and when it was sent."""

    template_id: int
    version: int
    channel: Channel
    subject: str | None
    content: str
    format: Format
    at: datetime


def render_history(sent: SentVersion, values: Mapping[str, Value]) -> Rendered | None:
    """The text of a message that was not kept: its template's version with the values that its case has now (`case_values`),
    and names in place of its own links. None where the template does not fit these values any more.
    """
    template = Template(
        id=sent.template_id,
        client_id=0,  # this, the name and the category are no part of the text
        name="",
        channel=sent.channel,
        category="",
        subject=sent.subject,
        content=sent.content,
        format=sent.format,
        version=sent.version,
    )
    try:
        return compile(template).render({**values, **_OF_THE_MESSAGE, "date": sent.at})
    except (Invalid, minijinja.TemplateError):
        return None  # one template that fails on a value must not fail the list
