"""What happened to a case, and the comments on it, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypedDict

from py360.kit import ids
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import Invalid, NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.cases.queries.reach import check_reach
from py360.modules.cases.statuses import LABELS
from py360.modules.cases.views import CaseCommentView, CaseHistoryView

SYSTEM: Final = "System"

_HISTORY: Final = """
select h.id, h.case_id, h.created_at, h.action, h.details, h.level, h.old_status, h.new_status, a.name as user
from case_history h left join identity_public_users a on a.id = h.user_id
"""
_COMMENTS: Final = """
select k.id, k.text, a.name as user, k.created_at, k.status, k.sub_status, k.status_changed, k.follow_up_changed
from case_comments k left join identity_public_users a on a.id = k.user_id
"""
_NEWEST_OF_POLICY: Final = """
select c.id from policies p join renewal_cases c on c.policy_id = p.id
where p.policy_number = %(number)s and {within} order by c.due_date desc limit 1
"""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Something that happened to a case."""

    id: int
    case_id: int
    created_at: datetime
    action: str
    details: str | None
    level: str
    old_status: str | None
    new_status: str | None
    user: str | None

    def to_public(self) -> CaseHistoryView:
        """The line as the API answers it."""
        return {
            "id": f"log-{self.id}",
            "caseId": ids.code("case", self.case_id),
            "date": self.created_at,
            "timestamp": self.created_at,
            "action": self.action,
            "details": self.details,
            "user": self.user or SYSTEM,
            "level": self.level,
            "oldStatus": LABELS.get(self.old_status or ""),
            "newStatus": LABELS.get(self.new_status or ""),
        }


class StoredComment(TypedDict):
    """A comment as PostgreSQL makes JSON of it."""

    id: int
    text: str
    user: str | None
    created_at: str
    status: str | None
    sub_status: str | None
    status_changed: bool
    follow_up_changed: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a case, with the status at that moment."""

    id: int
    text: str
    user: str | None
    created_at: datetime
    status: str | None
    sub_status: str | None
    status_changed: bool
    follow_up_changed: bool

    @classmethod
    def from_json(cls, stored: StoredComment) -> "Comment":
        """A comment that PostgreSQL gave as JSON."""
        return cls(
            stored["id"], stored["text"], stored["user"], datetime.fromisoformat(stored["created_at"]), stored["status"],
            stored["sub_status"], stored["status_changed"], stored["follow_up_changed"],
        )  # fmt: skip

    def to_public(self) -> CaseCommentView:
        """The comment as the API answers it."""
        return {
            "id": self.id,
            "text": self.text,
            "user": self.user or SYSTEM,
            "timestamp": self.created_at,
            "status": LABELS.get(self.status or "", self.status),
            "subStatus": self.sub_status,
            "statusChanged": self.status_changed,
            "followUpChanged": self.follow_up_changed,
        }


async def history(
    reads: Reads, caller: Caller, case_id: int, search: str | None = None, sort: str | None = None
) -> Listing[HistoryLine]:
    """What happened to a case, newest first; raises NotFound."""
    await check_reach(reads, caller, case_id)
    return history_lines(case_id, "history", search, sort)


def history_lines(case_id: int, name: str, search: str | None = None, sort: str | None = None) -> Listing[HistoryLine]:
    """The history of a case that is known to be within reach, as a list under this name."""
    known = {"timestamp": "h.id", "createdAt": "h.id", "action": "h.action", "level": "h.level"}
    return Listing(
        name,
        _HISTORY,
        "h.case_id = %(id)s and (%(search)s::text is null or h.action ilike %(search)s or h.details ilike %(search)s)",
        ordering(sort, known, "-timestamp", "h.id"),
        {"id": case_id, "search": containing(search)},
        HistoryLine.to_public,
        ("id", "caseId", "timestamp", "action", "details", "user", "level", "oldStatus", "newStatus"),
        row=HistoryLine,
    )


async def comments(
    reads: Reads, caller: Caller, case_id: int, search: str | None = None, sort: str | None = None
) -> Listing[Comment]:
    """The comments on a case, newest first; raises NotFound."""
    await check_reach(reads, caller, case_id)
    return comment_lines(case_id, search, sort)


def comment_lines(case_id: int, search: str | None = None, sort: str | None = None) -> Listing[Comment]:
    """The comments on a case that is known to be within reach."""
    return Listing(
        "comments",
        _COMMENTS,
        "k.case_id = %(id)s and (%(search)s::text is null or k.text ilike %(search)s)",
        ordering(sort, {"timestamp": "k.id", "createdAt": "k.id"}, "-timestamp", "k.id"),
        {"id": case_id, "search": containing(search)},
        Comment.to_public,
        ("id", "timestamp", "user", "text", "status", "subStatus", "statusChanged", "followUpChanged"),
        row=Comment,
    )


async def logs(
    reads: Reads,
    caller: Caller,
    kind: Literal["caseId", "policyNumber"],
    value: str,
    search: str | None = None,
    sort: str | None = None,
) -> Listing[HistoryLine]:
    """The history of the case with this code, or of the newest case of this policy number (both exact). Raises NotFound."""
    wanted = value.strip()
    if not wanted:
        raise Invalid("Name the case or policy: type and value.", code="value_required")
    if kind == "caseId":
        case_id = ids.number("case", wanted)
        await check_reach(reads, caller, case_id)
        return history_lines(case_id, "logs", search, sort)
    within, params = reach_filter(caller)
    newest = await reads.fetch_one(int, _NEWEST_OF_POLICY.format(within=within), {**params, "number": wanted})
    if newest is None:
        raise NotFound(f"There is no case of policy {wanted[:100]} within your reach.", code="case_not_found")
    return history_lines(newest, "logs", search, sort)
