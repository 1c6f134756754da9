"""The JSON that columns of the inbox's tables hold; its names are the API's."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

MailField = Literal["from", "to", "cc", "subject", "content"]
Operator = Literal["contains", "equals", "starts_with", "ends_with"]


class ListedFile(TypedDict):
    """A file of a mail (`emails.attachments`)."""

    name: str
    size: int
    type: str
    fileId: int | None  # none where the file was not kept
    note: NotRequired[str | None]  # why it was not kept
    contentId: NotRequired[str | None]  # what `cid:` images of the text name
    mailId: NotRequired[int]  # the mail that the file came with, where another passes it on


class StoredPart(TypedDict):
    """What else a mail may be about; confidence in percent."""

    name: str
    confidence: int


class StoredIntent(TypedDict):
    """What a mail wants (`emails.ai_intent`); confidence in percent."""

    category: str
    code: str
    confidence: NotRequired[int]
    subcategories: NotRequired[list[StoredPart]]


class StoredEmotion(TypedDict):
    """An emotion; intensity 0 to 1."""

    emotion: str
    intensity: float


class StoredSentiment(TypedDict):
    """How sure the sentiment is (`emails.sentiment`), in percent, and the emotions."""

    confidence: int
    emotions: list[StoredEmotion]


class StoredCondition(TypedDict):
    """What a rule asks of a mail (`email_rules.conditions`)."""

    field: MailField
    operator: Operator
    value: str


class StoredAction(TypedDict):
    """What a rule does (`email_rules.actions`)."""

    type: Literal["star", "move_to_folder"]
    folder: NotRequired[str | None]
