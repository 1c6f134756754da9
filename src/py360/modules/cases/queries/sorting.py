"""What the case lists can be sorted by, and cursors that go on after the last row shown."""

from dataclasses import dataclass
from typing import Any, Final

from py360.kit.errors import BadRequest, Invalid
from py360.kit.paging import decode_cursor, encode_cursor


@dataclass(frozen=True, slots=True)
class Sort:
    """One order: up or down by a column, ties by the case's number. Rows carry its value as text in `sort_key`."""

    name: str
    column: str
    type: str
    descending: bool

    @property
    def order(self) -> str:
        """The ORDER BY on `renewal_cases c`."""
        way = " desc" if self.descending else ""
        return f"c.id{way}" if self.column == "c.id" else f"{self.column}{way}, c.id{way}"

    @property
    def key(self) -> str:
        """The column of the select list that a cursor needs."""
        return f"({self.column})::text as sort_key"

    def cursor(self, row: dict[str, Any]) -> str:
        """The cursor behind a row as it was read."""
        return encode_cursor(self._sign + self.name, row["sort_key"], row["key"])

    def after(self, cursor: str) -> tuple[str, dict[str, Any]]:
        """The predicate of the rows behind a cursor, and its parameters; raises BadRequest when it is of another order."""
        match decode_cursor(cursor):
            case [name, str() as value, int() as number] if name == self._sign + self.name:
                than = "<" if self.descending else ">"
                if self.column == "c.id":
                    return f"c.id {than} %(after_id)s", {"after_id": number}
                sql = f"({self.column}, c.id) {than} (%(after)s::{self.type}, %(after_id)s)"
                return sql, {"after": value, "after_id": number}
        raise BadRequest("This cursor belongs to another order. Start again from the first page.", code="bad_cursor")

    @property
    def _sign(self) -> str:
        return "-" if self.descending else ""


_SORTS: Final = {
    "id": ("c.id", "bigint"),
    "createdAt": ("c.created_at", "timestamptz"),
    "dueDate": ("c.due_date", "date"),
    "closedDate": ("c.closed_at", "timestamptz"),
    "lastActionDate": ("coalesce(c.last_action_date, c.created_at)", "timestamptz"),
    "totalCalls": ("c.total_calls", "int"),
    "renewalAmount": ("coalesce(c.renewal_amount, 0)", "numeric"),
    "status": ("c.status", "text"),
    "priority": ("array_position(array['low', 'medium', 'high', 'urgent'], c.priority::text)", "int"),
}
_SAME: Final = {"caseId": "id", "uploadDate": "createdAt", "renewalDate": "dueDate", "closedAt": "closedDate"}


def sort(asked: str | None, natural: str) -> Sort:
    """The order asked for, else the natural one of the filters; raises Invalid for an unknown column."""
    text = (asked or natural).strip()
    bare = text.removeprefix("-")
    name = _SAME.get(bare, bare)
    if name not in _SORTS:
        raise Invalid(
            f"“{bare[:60]}” is not a column to sort by.",
            code="unknown_sort",
            details=[{"field": "sort", "message": "one of " + ", ".join([*_SORTS, *_SAME])}],
        )
    return Sort(name, *_SORTS[name], descending=text.startswith("-"))
