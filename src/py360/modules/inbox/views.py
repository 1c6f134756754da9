"""What the API answers of mails."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from typing_extensions import TypedDict

from py360.kit.http.answers import JsonObject, Pagination
from py360.modules.inbox.stored_json import StoredAction, StoredCondition, StoredEmotion, StoredIntent

SlaStatus = Literal["ok", "warning", "breach"]


class AttachmentView(TypedDict):
    """A file of a mail; `note` says why one was not kept."""

    id: int | None
    name: str
    size: int
    type: str
    url: str | None
    note: str | None


class SentimentView(TypedDict):
    """How a mail's writer feels: score -1 to 1, confidence in percent, emotions with intensities 0 to 1."""

    overall: str
    score: Decimal | None
    confidence: int | None
    emotions: list[StoredEmotion]


class OpenTrackingView(TypedDict):
    """How often a sent mail was opened, by all its recipients together. Mail programs that load no pictures open it unseen."""

    opened: bool
    openCount: int
    lastOpened: datetime | None


class ClickTrackingView(TypedDict):
    """How often links of a sent mail were followed, by all its recipients together."""

    clicked: bool
    clickCount: int
    lastClicked: datetime | None


class FollowUpView(TypedDict):
    """When a mail is followed up unless its customer answers before, what for, and who set it."""

    at: datetime
    note: str | None
    setBy: int | None
    setByName: str | None


MailView = TypedDict(
    "MailView",
    {
        "id": str, "emailId": int, "accountId": int | None, "threadId": str | None, "type": str, "direction": str, "from": str,
        "fromName": str | None, "to": list[str], "cc": list[str], "bcc": list[str], "subject": str, "preview": str,
        "category": str, "customerCategory": str, "priority": str, "status": str, "folder": str, "isRead": bool, "read": bool,
        "starred": bool, "flagged": bool, "hasAttachments": bool, "attachments": list[AttachmentView],
        "dateReceived": datetime, "date": datetime, "dueDate": date | None, "dueStatus": str | None, "policyExpiryDate": date | None,
        "slaStatus": SlaStatus, "slaDeadline": datetime | None, "slaTimeRemaining": int | None,
        "aiIntent": StoredIntent | None, "intent": str | None, "confidence": Decimal | None,
        "sentiment": SentimentView | None, "urgency": str | None, "language": str | None, "policyNumber": str | None,
        "caseId": str | None, "customerId": str | None, "assignedTo": int | None, "assignedToName": str | None,
        "escalatedTo": int | None, "escalationReason": str | None, "escalatedAt": datetime | None, "tags": list[str],
        "size": int, "snoozedUntil": datetime | None, "scheduledFollowUp": FollowUpView | None,
        "scheduledAt": datetime | None, "deliveryStatus": str | None,
        "deliveryNote": str | None, "problem": str | None, "isAutomatic": bool, "version": int, "trackOpens": bool,
        "trackClicks": bool, "openTracking": OpenTrackingView | None, "clickTracking": ClickTrackingView | None,
    },
)  # fmt: skip
MailView.__doc__ = (
    "A mail. `date` and `read` are `dateReceived` and `isRead` under the names of the renewal manager. `slaTimeRemaining` is in milliseconds; `size` in bytes; confidences of `aiIntent` in percent. `openTracking` and"
    " `clickTracking` are there once a mail that asked for them has left."
)


class NoteView(TypedDict):
    """A note of colleagues, or of the system."""

    id: int
    author: str | None
    content: str
    isSystem: bool
    timestamp: datetime


class RenewalContextView(TypedDict):
    """The policy and the customer that a mail is about; the amount in INR."""

    policyNumber: str | None
    customerName: str | None
    renewalDate: date | None
    premiumAmount: Decimal | None
    agentName: str | None
    branch: str | None
    customerEmail: str | None
    customerPhone: str | None
    policyType: str | None
    currentStage: str | None


class SuggestionView(TypedDict):
    """What could be done next, why, and who says so."""

    type: str
    reason: str
    source: str


class MailDetailView(MailView, TypedDict):
    """A mail with its text. Remote images are left out of `html` unless they were asked for; `blockedImages` counts them."""

    body: str
    html: str | None
    blockedImages: int
    replyTo: str | None
    senderVerified: bool
    linkedBy: str | None
    notes: list[NoteView]
    renewalContext: RenewalContextView | None
    aiSuggestions: list[SuggestionView]
    messageId: str


class MailList(TypedDict):
    """A page of mails."""

    emails: list[MailView]
    pagination: Pagination


class MailSaved(TypedDict):
    """A mail was changed."""

    emailId: str
    version: int
    message: str


class NotSentView(TypedDict):
    """A recipient that a mail did not go to, and why."""

    email: str
    reason: str


class MailSent(TypedDict):
    """A mail was sent, kept or scheduled; `notSentTo` names whom it did not go to, and why."""

    emailId: str
    status: str
    message: str
    notSentTo: list[NotSentView]


class MailboxView(TypedDict):
    """A mailbox; its secrets are never shown."""

    id: int
    clientId: int
    name: str
    email: str
    provider: str
    imapServer: str
    imapPort: int
    smtpServer: str
    smtpPort: int
    username: str
    password: str
    useSSL: bool
    autoSync: bool
    syncInterval: int
    signature: str
    teamId: int | None
    tokenUrl: str | None
    lastSync: datetime | None
    nextSync: datetime
    status: str
    statusReason: str | None
    syncedMessages: int
    createdAt: datetime
    updatedAt: datetime


class MailboxList(TypedDict):
    """The mailboxes."""

    accounts: list[MailboxView]
    pagination: Pagination


class MailboxSaved(TypedDict):
    """A mailbox was saved."""

    id: int
    message: str


class ConsentBegun(TypedDict):
    """The vendor's page, and the address that it sends the browser back to."""

    authorizationUrl: str
    redirectUri: str
    message: str


class MailboxTested(TypedDict):
    """How the two halves of a mailbox work."""

    success: bool
    imap: bool
    smtp: bool
    imapMessage: str
    smtpMessage: str
    message: str


class NoteList(TypedDict):
    """A page of notes."""

    notes: list[NoteView]
    pagination: Pagination


class EventView(TypedDict):
    """A line of a mail's history."""

    event: str
    actor: str
    details: JsonObject
    time: datetime


class EventList(TypedDict):
    """A page of a mail's history."""

    events: list[EventView]
    pagination: Pagination


class ViewerView(TypedDict):
    """A user who has a mail open."""

    userId: int
    name: str
    lastActive: datetime


class ViewerList(TypedDict):
    """Who has a mail open."""

    viewers: list[ViewerView]


class NoteAdded(TypedDict):
    """A note was added."""

    noteId: int
    message: str


class MailDone(TypedDict):
    """Something was done with a mail."""

    emailId: str
    message: str


class BulkOutcomeView(TypedDict):
    """What became of one mail of several."""

    id: str
    success: bool
    message: str


class BulkDone(TypedDict):
    """What became of several mails."""

    succeeded: int
    failed: int
    results: list[BulkOutcomeView]
    message: str


class SenderSaved(TypedDict):
    """What a sender is was saved."""

    email: str
    customerCategory: str
    updated: int
    message: str


class FolderView(TypedDict):
    """A folder, and how many mails are in it."""

    id: str
    name: str
    isSystem: bool
    total: int
    unread: int


class FolderList(TypedDict):
    """The folders."""

    folders: list[FolderView]


class FolderSaved(TypedDict):
    """A folder was added or deleted."""

    id: str
    name: str
    message: str


class RuleView(TypedDict):
    """A rule of the inbox."""

    id: int
    name: str
    enabled: bool
    conditions: list[StoredCondition]
    actions: list[StoredAction]
    createdAt: datetime
    updatedAt: datetime


class RuleList(TypedDict):
    """A page of rules."""

    rules: list[RuleView]
    pagination: Pagination


class ClassificationRuleView(TypedDict):
    """A keyword rule."""

    id: int
    keyword: str
    category: str
    priority: str
    enabled: bool
    createdAt: datetime
    updatedAt: datetime


class ClassificationRuleList(TypedDict):
    """A page of keyword rules."""

    rules: list[ClassificationRuleView]
    pagination: Pagination


class RuleSaved(TypedDict):
    """A rule was saved or deleted."""

    id: int
    message: str
