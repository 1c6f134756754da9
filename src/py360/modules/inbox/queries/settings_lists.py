"""Folders, rules and keyword rules as people list them."""

from dataclasses import dataclass
from datetime import datetime

from py360.kit.caller import Caller
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.inbox.queries.filters import within
from py360.modules.inbox.stored_json import StoredAction, StoredCondition
from py360.modules.inbox.views import ClassificationRuleView, FolderView, RuleView

_NAMES = {
    "inbox": "Inbox", "starred": "Starred", "sent": "Sent", "drafts": "Drafts", "junk": "Junk", "spam": "Spam",
    "archive": "Archive", "trash": "Trash", "snoozed": "Snoozed", "scheduled": "Scheduled",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Count:
    folder: str
    total: int
    unread: int
    starred: int
    snoozed: int


@dataclass(frozen=True, slots=True)
class _Own:
    code: str
    name: str


async def folders(reads: Reads, caller: Caller, now: datetime) -> list[FolderView]:
    """The system's folders and the office's own, with what is in them within the caller's reach."""
    reach, params = within(caller)
    counts = await reads.fetch_all(
        _Count,
        "select e.folder, count(*) as total, count(*) filter (where not e.read_status) as unread,"
        " count(*) filter (where e.starred) as starred, count(*) filter (where e.snoozed_until > %(now)s) as snoozed"
        f" from emails e where {reach} group by e.folder",
        {**params, "now": now},
    )
    by_code = {each.folder: each for each in counts}
    own = await reads.fetch_all(
        _Own,
        "select distinct on (code) code, name from email_folders where client_id = any(%(clients)s) order by code",
        {"clients": list(caller.client_ids)},
    )
    shown = [each for each in counts if each.folder not in ("junk", "spam", "trash")]
    found: list[FolderView] = []
    for code, name, is_system in (
        *((code, name, True) for code, name in _NAMES.items()),
        *((each.code, each.name, False) for each in own),
    ):
        count = by_code.get(code)
        total, unread = (count.total, count.unread) if count else (0, 0)
        if code == "starred":
            total, unread = sum(each.starred for each in shown), 0
        elif code == "snoozed":
            total, unread = sum(each.snoozed for each in counts), 0
        found.append({"id": code, "name": name, "isSystem": is_system, "total": total, "unread": unread})
    return found


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule of the inbox."""

    id: int
    name: str
    enabled: bool
    conditions: list[StoredCondition]
    actions: list[StoredAction]
    created_at: datetime
    updated_at: datetime

    def to_public(self) -> RuleView:
        """The rule as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "enabled": self.enabled,
            "conditions": self.conditions,
            "actions": self.actions,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def rules(caller: Caller, search: str | None, sort: str | None) -> Listing[RuleRow]:
    """The rules of the caller's clients, in the order in which they are applied."""
    return Listing(
        "rules",
        "select r.id, r.name, r.enabled, r.conditions, r.actions, r.created_at, r.updated_at from email_rules r",
        "r.client_id = any(%(clients)s) and (%(search)s::text is null or r.name ilike %(search)s)",
        ordering(sort, {"id": "r.id", "name": "lower(r.name)", "createdAt": "r.created_at"}, "id", "r.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        RuleRow.to_public,
        ("id", "name", "enabled", "conditions", "actions"),
        file_name="email_rules",
        row=RuleRow,
    )


@dataclass(frozen=True, slots=True)
class ClassificationRuleRow:
    """A keyword rule."""

    id: int
    keyword: str
    category: str
    priority: str
    enabled: bool
    created_at: datetime
    updated_at: datetime

    def to_public(self) -> ClassificationRuleView:
        """The rule as the API answers it."""
        return {
            "id": self.id,
            "keyword": self.keyword,
            "category": self.category,
            "priority": self.priority,
            "enabled": self.enabled,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def classification_rules(caller: Caller, search: str | None, sort: str | None) -> Listing[ClassificationRuleRow]:
    """The keyword rules of the caller's clients, in the order in which they are applied."""
    return Listing(
        "rules",
        "select r.id, r.keyword, r.category, r.priority, r.enabled, r.created_at, r.updated_at"
        " from email_classification_rules r",
        "r.client_id = any(%(clients)s) and (%(search)s::text is null or r.keyword ilike %(search)s)",
        ordering(sort, {"id": "r.id", "keyword": "lower(r.keyword)", "category": "r.category"}, "id", "r.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        ClassificationRuleRow.to_public,
        ("id", "keyword", "category", "priority", "enabled"),
        file_name="email_classification_rules",
        row=ClassificationRuleRow,
    )
