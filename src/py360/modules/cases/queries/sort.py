"""What the case lists can be sorted by, and cursors that continue after the last row shown.

A column of the case itself is sorted by directly. A column of another table (a name, a policy's number) is looked up for
every case of the list and sorted, as long as they are few; a longer list is scanned in the order of that table's own index,
until the page is full. Agents are few and their cases many: each agent's first ones are taken, in the order of the agents.
"""

from dataclasses import dataclass
from typing import Final

from py360.kit.errors import BadRequest, Invalid
from py360.kit.paging import decode_cursor, encode_cursor
from py360.modules.cases.queries.filters import CLOSED_AT, ENDED_AT, Where

SORTED_AT_MOST: Final = 2_000  # beyond, an index scan costs less (measured at a million cases)

_PICK: Final = """
select c.* from {source} where {where} order by {order} limit {limit} offset {offset}
"""
_AGENTS: Final = """
select c.* from (
  select id, lower(name) as name from identity_public_users union all select null, 'unassigned'
) s cross join lateral (
  (select c.* from renewal_cases c where c.assigned_to = s.id and {where} order by c.id{way} limit {limit} + {offset})
  union all
  (select c.* from renewal_cases c where s.id is null and c.assigned_to is null and {where}
   order by c.id{way} limit {limit} + {offset})
) c order by {order} limit {limit} offset {offset}
"""
# Cases that the model has not scored yet have nothing at risk that is known of; they are few, or there is no model.
_AT_RISK: Final = """
select c.* from (
  (select s.case_id, s.loss from (select case_id, expected_loss as loss from recommendations_public_prediction) s
   join renewal_cases c on c.id = s.case_id where {where} order by s.loss{way}, s.case_id{way} limit {limit} + {offset})
  union all
  (select c.id, s.loss from renewal_cases c cross join (select 0::numeric as loss) s
   where not exists (select from recommendations_public_prediction p where p.case_id = c.id) and {where}
   order by c.id{way} limit {limit} + {offset})
) s join renewal_cases c on c.id = s.case_id order by {order} limit {limit} offset {offset}
"""


@dataclass(frozen=True, slots=True)
class IndexScan:
    """How a long list is scanned in the order of another table's index."""

    column: str
    source: str = "renewal_cases c"
    pick: str = _PICK


@dataclass(frozen=True, slots=True)
class Sort:
    """One order: up or down by a column, ties by the case's number. Rows carry its value as text in `sort_key`."""

    name: str
    column: str
    type: str
    descending: bool
    scan: IndexScan | None = None

    @property
    def order(self) -> str:
        """The ORDER BY on `renewal_cases c`."""
        return self._order(self.column)

    @property
    def key(self) -> str:
        """The column of the select list that a cursor needs."""
        return f"({self.column})::text as sort_key"

    def pick(self, where: str, limit: int, offset: int, cursor: str | None, *, scanning: bool) -> str:
        """The select of a part of the list, in order; `scanning` for a list that is too long to be sorted."""
        scan = self.scan if scanning and self.scan else IndexScan(self.column)
        if cursor:
            where = f"{where} and {self._after(scan.column)}"
        cut = {"where": where, "limit": limit, "offset": offset, "way": self._way, "source": scan.source}
        return scan.pick.format(order=self._order(scan.column), **cut)

    def cursor(self, sort_key: str | None, case_id: int) -> str:
        """The cursor behind a row."""
        return encode_cursor(self._sign + self.name, sort_key, case_id)

    def after(self, cursor: str) -> tuple[str, dict[str, str | int]]:
        """The predicate of the rows behind a cursor, and its parameters; raises BadRequest when it is of another order."""
        match decode_cursor(cursor):
            case [name, str() as value, int() as number] if name == self._sign + self.name:
                return self._after(self.column), {"after": value, "after_id": number}
        raise BadRequest("This cursor belongs to another order. Start again from the first page.", code="bad_cursor")

    def _after(self, column: str) -> str:
        than = "<" if self.descending else ">"
        if column == "c.id":
            return f"c.id {than} %(after_id)s"
        return f"({column}, c.id) {than} (%(after)s::{self.type}, %(after_id)s)"

    def _order(self, column: str) -> str:
        return f"c.id{self._way}" if column == "c.id" else f"{column}{self._way}, c.id{self._way}"

    @property
    def _way(self) -> str:
        return " desc" if self.descending else ""

    @property
    def _sign(self) -> str:
        return "-" if self.descending else ""


_SORTS: Final = {
    "id": ("c.id", "bigint"),
    "createdAt": ("c.created_at", "timestamptz"),
    "dueDate": ("c.due_date", "date"),
    "closedDate": (ENDED_AT, "timestamptz"),
    "lastActionDate": ("coalesce(c.last_action_date, c.created_at)", "timestamptz"),
    "totalCalls": ("c.total_calls", "int"),
    "renewalAmount": ("coalesce(c.renewal_amount, 0)", "numeric"),
    "status": ("c.status", "text"),
    "priority": ("array_position(array['low', 'medium', 'high', 'urgent'], c.priority::text)", "int"),
    "expectedLoss": (
        "coalesce((select r.expected_loss from recommendations_public_prediction r where r.case_id = c.id), 0)",
        "numeric",
    ),
    "customerName": ("(select lower(u.full_name) from customers u where u.id = c.customer_id)", "text"),
    "policyNumber": ("(select p.policy_number from policies p where p.id = c.policy_id)", "text"),
    "agent": (
        "coalesce((select lower(a.name) from identity_public_users a where a.id = c.assigned_to), 'unassigned')",
        "text",
    ),
}
_SCANS: Final = {
    "customerName": IndexScan("lower(s.full_name)", "renewal_cases c join customers s on s.id = c.customer_id"),
    "policyNumber": IndexScan("s.policy_number", "renewal_cases c join policies s on s.id = c.policy_id"),
    "agent": IndexScan("s.name", pick=_AGENTS),
    "expectedLoss": IndexScan("s.loss", pick=_AT_RISK),
}
_SAME: Final = {
    "caseId": "id",
    "uploadDate": "createdAt",
    "renewalDate": "dueDate",
    "closedAt": "closedDate",
    "assignedAgent": "agent",
}


def sort_of(asked: str | None, within: Where) -> Sort:
    """The order asked for, else the natural one of the filters; raises Invalid for an unknown column."""
    text = (asked or within.by).strip()
    bare = text.removeprefix("-")
    name = _SAME.get(bare, bare)
    if name not in _SORTS:
        raise Invalid(
            f"“{bare[:60]}” is not a column to sort by.",
            code="unknown_sort",
            details=[{"field": "sort", "message": "one of " + ", ".join([*_SORTS, *_SAME])}],
        )
    column, type = _SORTS[name]
    if name == "closedDate" and within.closed:
        column = CLOSED_AT
    return Sort(name, column, type, text.startswith("-"), _SCANS.get(name))
