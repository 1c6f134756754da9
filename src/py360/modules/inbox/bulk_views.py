"""What the API answers of bulk mail and mail merge."""

from datetime import datetime

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination
from py360.modules.inbox.views import JsonObject


class BulkMailView(TypedDict):
    """A bulk mail with its counts; progress in percent."""

    id: str
    name: str
    status: str
    template: str | None
    subject: str | None
    mergeTemplate: str | None
    recipients: int
    sent: int
    delivered: int
    opened: int
    clicked: int
    blocked: int
    failed: int
    unknown: int
    pending: int
    progress: int
    createdDate: datetime
    scheduledDate: datetime | None
    completedDate: datetime | None
    note: str | None


class BulkMailList(TypedDict):
    """A page of bulk mails."""

    campaigns: list[BulkMailView]
    pagination: Pagination


class BulkMailAdded(TypedDict):
    """A bulk mail was planned; `notTaken` names recipients without an address, and those twice in the list."""

    id: str
    campaignId: str
    recipients: int
    notTaken: list[JsonObject]
    message: str


class BulkPreview(TypedDict):
    """What the first recipient would get; `missing` names the fields of the letter that have no value."""

    to: str
    subject: str
    text: str
    attachment: str | None
    missing: list[str]


class RecipientsRead(TypedDict):
    """Recipients that were read from pasted lines."""

    recipients: list[JsonObject]
    skipped: list[JsonObject]
    message: str


class MergeTemplateView(TypedDict):
    """A letter of mail merge."""

    id: str
    name: str
    documentType: str
    fields: list[str]


class MergeTemplateList(TypedDict):
    """The letters of mail merge, and how they are made."""

    templates: list[MergeTemplateView]
    config: JsonObject


class MergeSaved(TypedDict):
    """Mail merge was saved."""

    changed: list[str]
    message: str
