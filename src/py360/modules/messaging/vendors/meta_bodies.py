"""What Meta sends: the parts of its bodies that are read (developers.facebook.com/docs/whatsapp/cloud-api, webhooks/reference).

Only what an event cannot do without is required: an opt-out is not lost for an odd detail.
"""

from datetime import UTC, datetime
from typing import Annotated

import orjson
from pydantic import BeforeValidator, Field

from py360.kit.vendor import AS_OBJECT, Body, Text


def _moment(value: object) -> datetime | None:
    """Unix seconds, as text or number; None for anything else."""
    try:
        return datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _as_list(value: object) -> object:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


Moment = Annotated[datetime | None, BeforeValidator(_moment)]


class ErrorData(Body):
    """More about an error."""

    details: Text = ""


class Error(Body):
    """Why a message was refused or failed."""

    code: Text = ""
    error_subcode: Text = ""
    title: Text = ""
    message: Text = ""
    error_data: Annotated[ErrorData, AS_OBJECT] = ErrorData()


class Refusal(Body):
    """The answer to a request that was refused."""

    error: Annotated[Error, AS_OBJECT] = Error()


class Named(Body):
    """An object that is known by its id: a message that was taken, or the one that a reply answers."""

    id: Text = ""


class Accepted(Body):
    """The answer to a message that was taken; its first message has the id (`wamid...`)."""

    messages: Annotated[list[Named], BeforeValidator(_as_list)] = Field(default_factory=list)


class StatusEvent(Body):
    """What became of a message of ours."""

    id: str
    status: Text
    timestamp: int
    biz_opaque_callback_data: Text = ""
    errors: Annotated[list[Error], BeforeValidator(_as_list)] = Field(default_factory=list)


class TextPart(Body):
    """The text of a message."""

    body: Text = ""


class Button(Body):
    """The button of a template that was pressed."""

    text: Text = ""
    payload: Text = ""


class Choice(Body):
    """The button or list entry that was chosen."""

    id: Text = ""
    title: Text = ""


def _answers(value: object) -> object:
    """The texts in the JSON of a form's answers, also in lists of chosen entries."""
    try:
        found = orjson.loads(value) if isinstance(value, str) else None
    except orjson.JSONDecodeError:
        return ()
    given = [each for name, each in found.items() if name != "flow_token"] if isinstance(found, dict) else []
    single = [part for each in given for part in (each if isinstance(each, list) else [each])]
    return tuple(each for each in single if isinstance(each, str))


class Form(Body):
    """A form (Flow) that was filled in."""

    answers: Annotated[tuple[str, ...], BeforeValidator(_answers)] = Field((), alias="response_json")


class Interactive(Body):
    """An answer to a message with buttons, a list or a form."""

    button_reply: Annotated[Choice, AS_OBJECT] = Choice()
    list_reply: Annotated[Choice, AS_OBJECT] = Choice()
    nfm_reply: Annotated[Form, AS_OBJECT] = Form()


class Captioned(Body):
    """A picture, film or document; what is written below it is a message, too."""

    caption: Text = ""


class Reaction(Body):
    """A sign that a person put on a message."""

    emoji: Text = ""


class InboundEvent(Body):
    """A message of a person."""

    sender: Text = Field(alias="from")
    timestamp: Moment = None
    text: Annotated[TextPart, AS_OBJECT] = TextPart()
    button: Annotated[Button, AS_OBJECT] = Button()
    interactive: Annotated[Interactive, AS_OBJECT] = Interactive()
    context: Annotated[Named, AS_OBJECT] = Named()
    image: Annotated[Captioned, AS_OBJECT] = Captioned()
    video: Annotated[Captioned, AS_OBJECT] = Captioned()
    document: Annotated[Captioned, AS_OBJECT] = Captioned()
    reaction: Annotated[Reaction, AS_OBJECT] = Reaction()

    @property
    def choices(self) -> tuple[str, ...]:
        """What was pressed or chosen, in the words of the message and in ours, and what was said without a text of its own."""
        reply = self.interactive
        parts = (
            self.image.caption,
            self.video.caption,
            self.document.caption,
            self.reaction.emoji,
            self.button.text,
            self.button.payload,
            reply.button_reply.title or reply.list_reply.title,
            reply.button_reply.id or reply.list_reply.id,
            *reply.nfm_reply.answers,
        )
        return tuple(part for part in parts if part)


class PreferenceEvent(Body):
    """A person stopped or resumed marketing messages in WhatsApp's settings."""

    wa_id: Text
    value: Text
    detail: Text = ""
    timestamp: Moment = None
