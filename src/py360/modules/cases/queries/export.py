"""The case lists as files: the 24 columns of the tracking list in their order (domain reference, 6.3), streamed."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from py360.kit import export
from py360.kit.caller import Caller
from py360.kit.export import Column, Export
from py360.kit.reads import Reads
from py360.modules.cases.queries import search
from py360.modules.cases.queries.filters import Filters, where
from py360.modules.cases.queries.rows import COLUMNS, JOINS, CaseRow
from py360.modules.cases.queries.sort import sort_of
from py360.modules.cases.views import ExportedCaseView

_ROWS: Final = """
select {columns}, (select count(*) from case_comments k where k.case_id = c.id) as comments_count
from renewal_cases c {joins} where {where} order by {order}
"""
_NAMES: Final = (
    ("Case ID", "id"),
    ("Customer Name", "customerName"),
    ("Customer Profile", "customerProfile"),
    ("Customer Mobile", "customerMobile"),
    ("Preferred Language", "preferredLanguage"),
    ("Policy Number", "policyNumber"),
    ("Product Name", "productName"),
    ("Product Category", "productCategory"),
    ("Channel", "channel"),
    ("Sub Channel", "subChannel"),
    ("Batch ID", "batchId"),
    ("Status", "status"),
    ("Sub-Status", "subStatus"),
    ("Policy Status", "policyStatus"),
    ("Assigned Agent", "agent"),
    ("Priority", "priority"),
    ("Last Action Date", "lastActionDate"),
    ("Total Calls", "totalCalls"),
    ("Current Work Step", "currentWorkStep"),
    ("Renewal Date", "renewalDate"),
    ("Next Follow-up Date", "nextFollowUpDate"),
    ("Next Action Plan", "nextActionPlan"),
    ("Comments Count", "commentsCount"),
    ("Upload Date", "uploadDate"),
)


@dataclass(slots=True, kw_only=True)
class ExportedCase(CaseRow):
    """A row of the list with the number of its comments."""

    comments_count: int

    def to_exported(self, today: date) -> ExportedCaseView:
        """The row as the API answers it, and the number of comments."""
        return {**self.to_row(today), "policyDetails": self.terms(), "commentsCount": self.comments_count}


def _column(heading: str, name: str) -> Column:
    def cell(row: Mapping[str, object]) -> object:
        if name == "priority":
            return "Priority" if row["isPriority"] else "Normal"
        return row[name]

    return Column(heading, cell)


COLUMNS_OUT: Final = tuple(_column(*pair) for pair in _NAMES)
CLOSED_OUT: Final = (*COLUMNS_OUT[:20], _column("Closed Date", "closedDate"), *COLUMNS_OUT[20:])


async def cases(
    reads: Reads,
    caller: Caller,
    filters: Filters,
    format: str,
    today: date,
    *,
    order: str | None = None,
    closed: bool = False,
) -> Export:
    """The list that these filters find, as csv, xlsx, pdf or json. Raises Invalid for another format or unknown values."""
    within = await where(reads, caller, filters, today, closed=closed)
    predicate, params = within.sql, dict(within.params)
    if terms := filters.terms:
        predicate = f"{predicate} and {search.scan_predicate(terms)}"
        params |= search.term_params(terms)
    sql = _ROWS.format(columns=COLUMNS, joins=JOINS, where=predicate, order=sort_of(order, within).order)

    async def rows() -> AsyncIterator[Mapping[str, object]]:
        async for row in reads.fetch_stream(ExportedCase, sql, params):
            yield row.to_exported(today)

    columns = CLOSED_OUT if closed else COLUMNS_OUT
    return export.export("closed_cases" if closed else "case_tracking", format, columns, rows())
