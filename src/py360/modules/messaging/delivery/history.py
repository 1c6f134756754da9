"""What a message said: kept of one that was written to one person, told again of a campaign's, which would keep one text a
million times."""

from collections.abc import Mapping
from typing import Any, Final

import minijinja

from py360.kit.errors import Invalid
from py360.modules.messaging.messages import Outgoing
from py360.modules.messaging.render import compile_message
from py360.modules.templates.api import Rendered, Template, compile

# What only the message itself had stands by its name.
_OF_THE_MESSAGE: Final = {"payment_link": "[Payment Link]", "unsubscribe_link": "[Unsubscribe Link]"}


def kept(outgoing: Outgoing, rendered: bool) -> tuple[str | None, str | None]:
    """The subject and the text that the ledger keeps of a message; of a template's only when `rendered`."""
    if outgoing.template is None:
        return outgoing.subject, None if outgoing.confidential else outgoing.body
    if outgoing.confidential or not rendered:
        return None, None
    rendered_message = compile_message(outgoing).render({**_OF_THE_MESSAGE, **outgoing.values})
    return rendered_message.subject or None, rendered_message.text


def render_history(message: Mapping[str, Any], values: Mapping[str, Any]) -> Rendered | None:
    """What a message said whose text was not kept: its template's version as it was sent, with the values that its case has
    now (`case_values`), and names in place of its own links. None where the template is gone or fits these values no more.

    `message` is a row of `messaging_public_message` with `template_subject`, `template_content` and `template_format` of its
    row in `templates_public_version`.
    """
    if message["template_content"] is None:
        return None
    template = Template(
        id=message["template_id"],
        client_id=0,  # neither this nor name and category stand in the text
        name="",
        channel=message["communication_type"],
        category="",
        subject=message["template_subject"],
        content=message["template_content"],
        format=message["template_format"],
        version=message["template_version"],
    )
    try:
        return compile(template).render(
            {**values, **_OF_THE_MESSAGE, "date": message["sent_at"] or message["created_at"]}
        )
    except (Invalid, minijinja.TemplateError):
        return (
            None  # the office's own template stumbles over a value of today: the other messages are shown all the same
        )
