"""The text of a message: kept for one that was written to one person, rendered again for a campaign's, whose text would be
kept a million times."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

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


class SentMessage(Protocol):
    """A row of `messaging_public_message` with the version of the template it was made from (`templates_public_version`)."""

    @property
    def communication_type(self) -> Channel: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def template_id(self) -> int | None: ...
    @property
    def template_version(self) -> int | None: ...
    @property
    def template_subject(self) -> str | None: ...
    @property
    def template_content(self) -> str | None: ...
    @property
    def template_format(self) -> Format | None: ...


def render_history(sent: SentMessage, values: Mapping[str, Value]) -> Rendered | None:
    """The text of a message that was not kept: its template's version with the values that its case has now (`case_values`),
    and names in place of its own links. None where the template is gone or does not fit these values any more.
    """
    if sent.template_content is None or sent.template_format is None:
        return None
    template = Template(
        id=sent.template_id or 0,
        client_id=0,  # this, the name and the category are no part of the text
        name="",
        channel=sent.communication_type,
        category="",
        subject=sent.template_subject,
        content=sent.template_content,
        format=sent.template_format,
        version=sent.template_version or 0,
    )
    try:
        return compile(template).render({**values, **_OF_THE_MESSAGE, "date": sent.sent_at or sent.created_at})
    except (Invalid, minijinja.TemplateError):
        return None  # one template that fails on a value must not fail the list
