"""What the API of the inbox takes (domain reference, sections 16 and 17)."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, StringConstraints

from py360.kit import addresses
from py360.kit.wire import AS_CODE, SHOWN, Moment, Schema, unchanged

MAX_TO: Final = 50  # recipients of one mail, To, Cc and Bcc together; more is bulk mail


def _address(text: str) -> str:
    found = addresses.mailbox(text)
    if found is None:
        raise ValueError("must be an e-mail address such as asha@example.com")
    return found


Address = Annotated[str, StringConstraints(min_length=3, max_length=254), AfterValidator(_address)]
Number = Annotated[int, Field(ge=1, lt=2**63)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Secret = Annotated[str, StringConstraints(max_length=2_000)]
Token = Annotated[str, StringConstraints(max_length=10_000)]
Line = Annotated[str, StringConstraints(max_length=500)]
Body = Annotated[str, StringConstraints(max_length=200_000)]
Html = Annotated[str, StringConstraints(max_length=500_000)]
Category = Annotated[Literal["complaint", "feedback", "refund", "appointment", "uncategorized"], AS_CODE]


def _as_status(value: object) -> object:
    """In the words of the renewal manager (domain reference, 17), too."""
    return _RENEWAL_STATUSES.get(value, value) if isinstance(value, str) else value


_RENEWAL_STATUSES: Final = {"pending": "new", "completed": "resolved"}
AS_STATUS: Final = BeforeValidator(_as_status)
Status = Annotated[Literal["new", "in_progress", "resolved", "escalated", "archived", "closed"], AS_STATUS, AS_CODE]
Priority = Annotated[Literal["low", "medium", "normal", "high", "urgent", "critical"], AS_CODE]
CustomerCategory = Annotated[Literal["normal", "hni", "super_hni", "vip"], AS_CODE]
Folder = Annotated[str, StringConstraints(min_length=1, max_length=50), AS_CODE]
Addresses = Annotated[list[Address], Field(max_length=MAX_TO)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50)]


class MailboxForm(Schema):
    """What is set of a mailbox, however it signs in. The servers of gmail, outlook and yahoo are known and may be left out."""

    passed_over = SHOWN | {"lastSync", "status", "statusReason", "nextSync", "syncedMessages"}
    moves = frozenset({"lastSync", "status", "statusReason", "nextSync", "syncedMessages"})

    name: Name
    email: Address
    provider: Literal["gmail", "outlook", "yahoo", "custom"] = "custom"
    imap_server: Host | None = None
    imap_port: Port = 993
    smtp_server: Host | None = None
    smtp_port: Port = 587
    username: Line | None = Field(None, description="Missing: the address")
    oauth_client_id: Secret | None = None
    oauth_client_secret: Secret | None = None
    token_url: Line | None = Field(
        None, description="Where tokens are renewed; missing: Google's or Microsoft's, by `provider`"
    )
    use_ssl: bool = Field(True, alias="useSSL")
    auto_sync: bool = True
    sync_interval: (
        Annotated[
            int,
            Field(ge=1, le=60, description="Minutes; a server with IDLE reports mail at once. Missing: the office's"),
        ]
        | None
    ) = None
    signature: Annotated[str, StringConstraints(max_length=2_000)] = ""
    team_id: Number | None = Field(None, description="The team (node) whose mail this is; others see it by reach only")


class MailboxIn(MailboxForm):
    """A mailbox: IMAP to read it, SMTP to answer from it; a password or an OAuth 2.0 access token.

    Secrets are write-only: a masked or missing one keeps its value.
    """

    password: Secret | None = None
    access_token: Token | None = Field(None, description="OAuth 2.0 (XOAUTH2), in place of a password")
    refresh_token: Token | None = Field(None, description="Renews access tokens, at Google or Microsoft or `tokenUrl`")


ConsentPage = Annotated[
    Line | None, Field(description="The vendor's page of consent; missing: Google's or Microsoft's, by `provider`")
]


class ConsentIn(MailboxForm):
    """A mailbox whose owner signs in at Google or Microsoft, in the browser."""

    provider: Literal["gmail", "outlook"]
    oauth_client_id: Secret = Field(description="Of the application that the office registered at the vendor")
    authorization_url: ConsentPage = None


class ReconsentIn(Schema):
    """A connected mailbox whose owner signs in again; what is left out stays as it is."""

    oauth_client_id: Secret | None = None
    oauth_client_secret: Secret | None = None
    authorization_url: ConsentPage = None


class ConsentGiven(Schema):
    """What the vendor's page sent the browser back with."""

    state: Annotated[str, StringConstraints(min_length=20, max_length=200)]
    code: Annotated[str, StringConstraints(max_length=4_000)] = ""
    error: Annotated[str, StringConstraints(max_length=500)] = ""


class TrackedMail(Schema):
    """Whether the writer of a mail wants to know what becomes of it."""

    track_opens: bool = Field(False, description="Count how often the mail is opened, by a picture in its HTML part")
    track_clicks: bool = Field(
        False, description="Count how often its links are followed, by addresses of ours in its HTML part"
    )


class ComposeIn(TrackedMail):
    """A mail to send, to keep as a draft, or to send later."""

    account_id: Number | None = Field(None, description="The mailbox it leaves from; missing: the first one")
    to: Addresses = Field(default_factory=list)
    cc: Addresses = Field(default_factory=list)
    bcc: Addresses = Field(default_factory=list)
    subject: Annotated[str, StringConstraints(max_length=998)] = ""
    body: Body = ""
    html: Html | None = None
    template_id: str | int | None = Field(None, description="Fills subject and body where they are empty")
    case_id: str | int | None = None
    priority: Priority = "medium"
    draft: bool = False
    draft_id: Number | None = Field(None, description="The draft that this mail was; it is replaced")
    scheduled_at: Moment | None = None
    signature: bool = True
    read_receipt: bool = False


class ReplyIn(TrackedMail):
    """An answer to a mail."""

    reply_text: Body
    html: Html | None = None
    include_thread: bool = True
    reply_all: bool = False
    to: Addresses = Field(default_factory=list, description="Missing: the writer")
    cc: Addresses = Field(default_factory=list)
    scheduled_at: Moment | None = None
    signature: bool = True


class ForwardIn(TrackedMail):
    """A mail passed on to others."""

    to: Annotated[list[Address], Field(min_length=1, max_length=MAX_TO)]
    message: Body = ""
    include_thread: bool = False
    attachments: bool = True


class FollowUpIn(Schema):
    """When a mail is followed up unless its customer answers before, and what for."""

    passed_over = frozenset({"setBy", "setByName"})

    at: Moment
    note: Annotated[str, StringConstraints(max_length=500)] | None = None


class MailChange(Schema):
    """What may be changed of a mail; left out: unchanged."""

    passed_over = SHOWN

    status: Status | None = unchanged(None)
    category: Category | None = unchanged(None)
    intent: Annotated[str, StringConstraints(max_length=50)] | None = unchanged(None)
    sentiment: Literal["positive", "neutral", "negative"] | None = unchanged(None)
    priority: Priority | None = unchanged(None)
    is_read: Annotated[bool | None, Field(validation_alias=AliasChoices("isRead", "read"))] = unchanged(None)
    starred: Annotated[bool | None, Field(validation_alias=AliasChoices("starred", "star"))] = unchanged(None)
    flagged: bool | None = unchanged(None)
    folder: Folder | None = unchanged(None)
    due_date: date | None = unchanged(None)
    tags: Annotated[list[Tag], Field(max_length=20)] | None = unchanged(None)
    case_id: str | int | None = unchanged(None)
    scheduled_follow_up: FollowUpIn | None = Field(
        None, description="Left out: unchanged; null: there is none any more"
    )


class AssignIn(Schema):
    """To whom; null: to no one."""

    assigned_to: Number | None = None


class EscalateIn(Schema):
    """Why, how pressing, and to whom; missing: the manager of the mail's team."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
    priority: Annotated[Literal["high", "urgent", "critical"], AS_CODE] = "high"
    escalated_to: Number | None = None


class SnoozeIn(Schema):
    """Until when a mail is out of the way; null: it is back now."""

    until: Moment | None


class NoteIn(Schema):
    """A note for colleagues."""

    content: Annotated[str, StringConstraints(min_length=1, max_length=4_000)]


class BulkActionIn(Schema):
    """One action on several mails; each is answered by itself."""

    ids: Annotated[list[str | int], Field(min_length=1, max_length=500)]
    action: Annotated[
        Literal[
            "assign", "resolve", "flag", "archive", "delete", "restore", "tag", "read", "unread", "star", "unstar", "move",
            "junk", "spam", "category", "follow_up", "remove_follow_up",
        ],
        AS_CODE,
    ]  # fmt: skip
    assigned_to: Number | None = None
    folder: Folder | None = None
    category: Category | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] = Field(default_factory=list)
    scheduled_follow_up: FollowUpIn | None = None


class SenderCategoryIn(Schema):
    """What the sender of mails is to the office."""

    email: Address
    customer_category: CustomerCategory


class FolderIn(Schema):
    """A folder of the office's own."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=50)]


class ConditionIn(Schema):
    """What a rule asks of a mail."""

    field: Literal["from", "to", "cc", "subject", "content"]
    operator: Annotated[Literal["contains", "equals", "starts_with", "ends_with"], AS_CODE] = "contains"
    value: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ActionIn(Schema):
    """What a rule does."""

    type: Annotated[Literal["star", "move_to_folder"], AS_CODE]
    folder: Folder | None = None


class RuleIn(Schema):
    """A rule of the inbox: all its conditions must hold."""

    passed_over = SHOWN

    name: Name
    enabled: bool = True
    conditions: Annotated[list[ConditionIn], Field(min_length=1, max_length=10)]
    actions: Annotated[list[ActionIn], Field(min_length=1, max_length=5)]


class ClassificationRuleIn(Schema):
    """A word in the subject or the text that says what a mail is about."""

    passed_over = SHOWN

    keyword: Annotated[str, StringConstraints(min_length=2, max_length=100)]
    category: Category
    priority: Annotated[Literal["low", "medium", "high"], AS_CODE] = "medium"
    enabled: bool = True


class BulkRecipientIn(Schema):
    """A recipient of bulk mail; `values` are for the template and the letter, by the names of its variables."""

    email: Annotated[str, StringConstraints(max_length=254)]
    name: Annotated[str, StringConstraints(max_length=200)] = ""
    company: Annotated[str, StringConstraints(max_length=200)] | None = None
    values: dict[
        Annotated[str, StringConstraints(max_length=60)], Annotated[str, StringConstraints(max_length=500)]
    ] = Field(default_factory=dict, max_length=30)


MergeTemplate = Literal["policy_certificates", "renewal_notices", "payment_receipts"]


class BulkMailIn(Schema):
    """A mail to many, from a template, with a letter of their own each where wanted."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    template_id: str | int
    subject: Annotated[str, StringConstraints(max_length=300)] | None = Field(
        None, description="In place of the template's"
    )
    message: Annotated[str, StringConstraints(max_length=5_000)] | None = Field(
        None, description="Stands before the template's text"
    )
    recipients: Annotated[list[BulkRecipientIn], Field(min_length=1, max_length=10_000)]
    scheduled_at: Moment | None = None
    merge_template: MergeTemplate | None = Field(None, description="A PDF letter for each recipient is attached")


class RecipientImportIn(Schema):
    """Pasted lines: `email, name, company`."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class MergeConfigIn(Schema):
    """How letters are made for bulk mail; left out: unchanged."""

    mail_merge_enabled: bool | None = unchanged(None)
    auto_generate_documents: bool | None = unchanged(None)
    attach_to_email: bool | None = unchanged(None)
    document_storage_path: Annotated[str, StringConstraints(max_length=200)] | None = unchanged(None)
    output_directory: Annotated[str, StringConstraints(max_length=200)] | None = unchanged(None)
