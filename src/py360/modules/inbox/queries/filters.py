"""Which mails a list shows. Every list starts from the caller's reach."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from py360.kit import ids as codes
from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import INDIA, day_begins, day_ends
from py360.kit.listing import containing
from py360.kit.paging import EXACT_UP_TO
from py360.kit.reads import Reads
from py360.kit.wire import AS_CODE, QuerySchema
from py360.modules.inbox.queries.search import matches, matching, sent_from
from py360.modules.inbox.schemas import AS_STATUS, Category, CustomerCategory, Priority

Value = object  # of a parameter: psycopg adapts it
Word = Annotated[str, StringConstraints(max_length=100)]
FROM: Final = "from:"
# A mail of another user's that was not sent yet is theirs alone.
_VISIBLE: Final = "(e.delivery_status is null or e.delivery_status <> 'draft' or e.sent_by = %(reach_user)s)"


class MailFilter(QuerySchema):
    """The filters of the inbox (domain reference, 16.3 and 17)."""

    ids: Annotated[str, StringConstraints(max_length=10_000)] | None = Field(
        None, description="Mails by their codes, with commas between them, wherever they are"
    )
    module: Literal["renewal"] | None = Field(None, description="Only mails about a policy or a case")
    folder: Annotated[Word, AS_CODE] | None = Field(
        None, description="A folder's code; missing: all but junk and trash"
    )
    tab: Literal["inbox", "sent", "starred", "snoozed", "scheduled"] | None = None
    search: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None,
        description="Beginnings of words of the mail, all of them, in any order; a piece of subject, sender, recipient, policy number or customer’s name; or a tag. `from:` and an address for the sender",
    )
    status: (
        Annotated[
            Literal["all", "new", "in_progress", "resolved", "escalated", "archived", "closed", "sent", "urgent"],
            AS_STATUS,
            AS_CODE,
        ]
        | None
    ) = Field(None, description="`sent` and `urgent`, as the renewal manager has them: sent mails, pressing ones")
    category: Annotated[Literal["all"] | Category, AS_CODE] | None = None
    customer_category: Annotated[Literal["all"] | CustomerCategory, AS_CODE] | None = None
    priority: Annotated[Literal["all"] | Priority, AS_CODE] | None = None
    sentiment: (
        Annotated[Literal["all", "positive", "neutral", "negative", "concerned", "frustrated", "apologetic"], AS_CODE]
        | None
    ) = None
    intent: Annotated[Word, AS_CODE] | None = None
    quick: Literal["all", "unread", "starred", "today", "yesterday", "week", "month", "sla_breach"] | None = None
    due: Literal["all", "current", "due", "overdue", "custom"] | None = None
    due_from: date | None = None
    due_to: date | None = None
    date_from: date | None = None
    date_to: date | None = None
    sender_domain: Word | None = None
    has_attachments: bool | None = None
    has_follow_up: bool | None = Field(None, description="Whether a follow-up is scheduled")
    is_read: bool | None = None
    starred: bool | None = None
    assigned_to: Annotated[str, StringConstraints(max_length=20)] | None = Field(
        None, description="A user's number, `me` or `none`"
    )
    tag: Word | None = None
    account_id: int | None = None
    case_id: int | None = None
    thread_id: Annotated[str, StringConstraints(max_length=255)] | None = None
    min_size: int | None = Field(None, ge=0, description="Bytes")
    max_size: int | None = Field(None, ge=0, description="Bytes")


@dataclass(frozen=True, slots=True)
class Where:
    """The predicate of a list on `emails e`, and its parameters."""

    sql: str
    params: Mapping[str, Value]
    matches: int | None = None  # where they were counted; one more than a list counts where there are more

    async def narrowed(self, reads: Reads, chosen: MailFilter) -> "Where":
        """The same, counted, where a text is searched; and by the mails that have it where these are few."""
        if not (chosen.search or chosen.sender_domain):
            return self
        found = await matches(reads, self.sql, self.params)
        if len(found) > EXACT_UP_TO:
            return replace(self, matches=len(found))
        return Where("e.id = any(%(found)s)", {"found": found}, len(found))


def within(caller: Caller) -> tuple[str, dict[str, Value]]:
    """The predicate on `emails e` of what a caller may see."""
    reach, params = reach_filter(caller, "e")
    return f"{reach} and {_VISIBLE}", {**params, "reach_user": caller.user_id}


def where(caller: Caller, chosen: MailFilter, now: datetime) -> Where:
    """The predicate of a list."""
    reach, params = within(caller)
    today = now.astimezone(INDIA).date()
    parts = [reach, *_place(chosen, params, now), *_search(chosen, params, reach)]
    parts += [*_quick(chosen.quick, params, today), *_due(chosen, params, today), *_received(chosen, params)]
    parts += _status_and_mood(chosen, params)
    for name in ("category", "customer_category", "priority", "intent"):
        if (value := getattr(chosen, name)) and value != "all":
            parts.append(f"e.{name} = %({name})s")
            params[name] = "medium" if (name, value) == ("priority", "normal") else value
    if chosen.module == "renewal":
        parts.append("(e.case_id is not null or e.policy_number is not null)")
    for name, column in (("is_read", "read_status"), ("starred", "starred")):
        if (flag := getattr(chosen, name)) is not None:
            parts.append(f"e.{column} = %({name})s")
            params[name] = flag
    for name, column in (("has_attachments", "attachments"), ("has_follow_up", "follow_up_at")):
        if (is_there := getattr(chosen, name)) is not None:
            parts.append(f"e.{column} is {'not ' if is_there else ''}null")
    for name, column in (("account_id", "account_id"), ("case_id", "case_id"), ("thread_id", "thread_id")):
        if (value := getattr(chosen, name)) is not None:
            parts.append(f"e.{column} = %({name})s")
            params[name] = value
    if chosen.ids is not None:
        parts.append("e.id = any(%(ids)s)")
        params["ids"] = [codes.number("mail", each.strip()) for each in chosen.ids.split(",") if each.strip()]
    if chosen.tag:
        parts.append("%(tag)s = any(e.tags)")
        params["tag"] = chosen.tag
    if chosen.min_size is not None:
        parts.append("e.size_bytes >= %(min_size)s")
        params["min_size"] = chosen.min_size
    if chosen.max_size is not None:
        parts.append("e.size_bytes <= %(max_size)s")
        params["max_size"] = chosen.max_size
    parts += _assignee(chosen, params, caller)
    return Where(" and ".join(parts), params)


def _place(chosen: MailFilter, params: dict[str, Value], now: datetime) -> list[str]:
    place = chosen.tab or chosen.folder
    awake = "(e.snoozed_until is null or e.snoozed_until <= %(now)s)"
    params["now"] = now
    if place in (None, "all"):
        return [] if chosen.thread_id or chosen.ids else ["e.folder not in ('junk', 'spam', 'trash')"]
    if place == "starred":
        return ["e.starred and e.folder not in ('junk', 'spam', 'trash')"]
    if place == "snoozed":
        return ["e.snoozed_until > %(now)s"]
    if place == "scheduled":
        return ["e.delivery_status = 'scheduled'"]
    params["folder"] = place
    return ["e.folder = %(folder)s", *([awake] if place == "inbox" else [])]


_STATUSES: Final = {
    "sent": "e.delivery_status = 'sent'",
    "urgent": "(e.priority in ('urgent', 'critical') or e.status = 'escalated')",
}
_MOODS: Final = {
    "concerned": """e.sentiment @> '{"emotions": [{"emotion": "concern"}]}'""",
    "frustrated": """e.sentiment @> '{"emotions": [{"emotion": "frustration"}]}'""",
    "apologetic": "e.intent = 'apology_update'",
}


def _status_and_mood(chosen: MailFilter, params: dict[str, Value]) -> list[str]:
    parts = []
    if chosen.status and chosen.status != "all":
        parts.append(_STATUSES.get(chosen.status, "e.status = %(status)s"))
        params["status"] = chosen.status
    if chosen.sentiment and chosen.sentiment != "all":
        parts.append(_MOODS.get(chosen.sentiment, "e.sentiment_label = %(sentiment)s"))
        params["sentiment"] = chosen.sentiment
    return parts


def _search(chosen: MailFilter, params: dict[str, Value], reach: str) -> list[str]:
    parts = []
    rest = []
    for word in (chosen.search or "").split():
        if word.lower().startswith(FROM) and len(word) > len(FROM):
            parts.append(sent_from("sender"))
            params["sender"] = containing(word[len(FROM) :])
        else:
            rest.append(word)
    if rest:
        named, searched = matching(" ".join(rest), reach)
        parts.append(named)
        params |= searched
    if chosen.sender_domain:
        parts.append(sent_from("domain"))
        params["domain"] = f"%@{(containing(chosen.sender_domain) or '%%')[1:-1].lstrip('@')}"
    return parts


def _quick(quick: str | None, params: dict[str, Value], today: date) -> list[str]:
    """The buttons above the list."""
    begins = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "week": today - timedelta(days=7),
        "month": today - timedelta(days=30),
    }
    parts = []
    if quick in begins:
        parts.append("e.received_at >= %(since)s")
        params["since"] = day_begins(begins[quick])
    if quick == "yesterday":
        parts.append("e.received_at < %(until)s")
        params["until"] = day_begins(today)
    if quick == "unread":
        parts.append("not e.read_status")
    if quick == "starred":
        parts.append("e.starred")
    if quick == "sla_breach":
        parts.append("e.sla_deadline < %(now)s and e.status in ('new', 'in_progress', 'escalated')")
    return parts


def _due(chosen: MailFilter, params: dict[str, Value], today: date) -> list[str]:
    spans = {
        "current": (today, today + timedelta(days=30)),
        "due": (today, today + timedelta(days=7)),
        "overdue": (None, today - timedelta(days=1)),
    }
    first, last = spans.get(chosen.due or "", (chosen.due_from, chosen.due_to))
    parts = []
    if first is not None:
        parts.append("e.due_date >= %(due_from)s")
        params["due_from"] = first
    if last is not None:
        parts.append("e.due_date <= %(due_to)s")
        params["due_to"] = last
    return parts


def _received(chosen: MailFilter, params: dict[str, Value]) -> list[str]:
    parts = []
    if chosen.date_from is not None:
        parts.append("e.received_at >= %(date_from)s")
        params["date_from"] = day_begins(chosen.date_from)
    if chosen.date_to is not None:
        parts.append("e.received_at < %(date_to)s")
        params["date_to"] = day_ends(chosen.date_to)
    return parts


def _assignee(chosen: MailFilter, params: dict[str, Value], caller: Caller) -> list[str]:
    text = chosen.assigned_to
    if text is None or text == "all":
        return []
    if text in ("none", "unassigned"):
        return ["e.assigned_to is null"]
    params["assignee"] = caller.user_id if text == "me" else int(text) if text.isascii() and text.isdigit() else 0
    return ["e.assigned_to = %(assignee)s"]
