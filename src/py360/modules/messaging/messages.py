"""What travels through the send gate: a message asked for, the send gate's decision, and what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from py360.modules.templates.api import Channel, Purpose, Template


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file attached to an e-mail."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


UNSUBSCRIBE_HERE: Final = "https://unsubscribe.invalid/"


@dataclass(frozen=True, slots=True)
class PersonalMail:
    """An e-mail that a person wrote, from their mailbox: what its headers say and what is attached. Every recipient gets it
    with the same headers, those of `bcc` included."""

    message_id: str  # with its angle brackets
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    html: str | None = None
    files: tuple[MailFile, ...] = ()
    read_receipt: bool = False
    track_opens: bool = False  # each open is counted, where the office tracks at all
    track_clicks: bool = False
    auto_replied: bool = False  # the system's own answer: programs that see it answer nothing (RFC 3834)
    # One of many alike: with List-Unsubscribe, and a link of its own in place of UNSUBSCRIBE_HERE.
    unsubscribable: bool = False


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to send: a template with values, or (one-off) subject and body as they are.

    `values` are keyed by canonical variable names (`templates.variables.CATALOGUE`); any spelling of section 13.2 is
    accepted too, but folding names costs time in bulk. `ref` is the caller's own key and comes back untouched.
    """

    client_id: int
    channel: Channel
    contact: str  # an e-mail address, or a phone number in E.164
    purpose: Purpose = "service"
    template: Template | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    subject: str | None = None
    body: str | None = None
    customer_id: int | None = None
    case_id: int | None = None
    campaign_id: int | None = None
    sent_by: int | None = None
    ref: int | None = None
    mail: PersonalMail | None = None  # of a one-off e-mail: its headers and files
    confidential: bool = False  # a one-off whose text the ledger must not keep, such as a password link


@dataclass(frozen=True, slots=True)
class Admitted:
    """The send gate let it through: the ledger has it as `sending`; hand it to the account's transport after the commit."""

    outgoing: Outgoing
    message_id: int
    tracked: bool = True  # opens and clicks are noted (setting trackingEnabled)


@dataclass(frozen=True, slots=True)
class Refused:
    """The send gate keeps it in for good: the ledger has it as `blocked` with the reason.

    `reason` is one of: invalid_contact, opted_out, no_opt_in, suppressed, dnc, death_claim, frequency_cap,
    dlt_unmatched, window_closed (WhatsApp).
    """

    outgoing: Outgoing
    message_id: int
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: nothing is in the ledger; ask again at `until`. `reason`: outside_hours, budget, quota, rate_limited.

    A budget that is used up does not fill again by itself: a user must raise it."""

    outgoing: Outgoing
    reason: str
    message: str
    until: datetime


Decision = Admitted | Refused | Deferred


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message. `unknown`: it may have been sent, so it is never sent again. `withheld`: it
    lost its permission before it left.

    `retry` says that the vendor surely did not take it and that a later try may succeed; `opted_out` that it was refused
    because the recipient asked the vendor to stop our messages.
    """

    message_id: int
    status: Literal["sent", "failed", "bounced", "unknown", "withheld"]
    outgoing: Outgoing
    vendor_message_id: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    retry: bool = False
    cost: Decimal | None = None
    opted_out: bool = False
    is_recorded: bool = False  # the ledger has it already


UNREACHABLE = "unreachable"  # the code of a delivery that met no vendor at all
TOO_FAST = "too_fast"  # of one whose vendor takes no more at the moment; it says nothing of the person either
ACCOUNT_REFUSED = "account_refused"  # of one whose vendor does not let our account in; it says nothing of the message

# Asked for each message right before it leaves; a message without it stays here, as `withheld`.
SendGuard = Callable[[Admitted], bool]


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer of `send_one`. `code` is what people see, such as `wa-msg-123`."""

    message_id: int
    code: str
    status: str
    cost: Decimal | None
    at: datetime
    error_message: str | None = None
