"""The case lists: pick the page's few rows on `renewal_cases` alone, then join names and policies to those."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from py360.kit.caller import Caller
from py360.kit.paging import Page, pagination
from py360.kit.reads import Reads
from py360.modules.cases.queries import search, totals
from py360.modules.cases.queries.filters import Filters, Where, where
from py360.modules.cases.queries.history import Comment, StoredComment
from py360.modules.cases.queries.rows import COLUMNS, JOINS, MORE, CaseRow
from py360.modules.cases.queries.sort import SORTED_AT_MOST, Sort, sort_of
from py360.modules.cases.statuses import LABELS
from py360.modules.cases.views import ListedCaseView

_PAGE: Final = """
select {columns}, {key} from ({picked}) c {joins} order by {order}
"""
_SCAN: Final = """
select {columns}, {key} from ({picked}) c {joins} where {tests} order by {order} limit {limit} offset {offset}
"""
_HITS: Final = """
with {found}
select few.yes as few, (select count(*) from found) as total,
  array(select id from found where goes_on order by by {way}, id {way} limit {limit} offset {offset}) as page
from few
"""
_OF_PAGE: Final = """
select {columns}, {key} from renewal_cases c {joins} where c.id = any(%(page)s) order by {order}
"""


@dataclass(slots=True)
class ListedCase(CaseRow):
    """A row of `COLUMNS` and `MORE`, with the value that a cursor continues from."""

    steps: list[str] | None
    comments: list[StoredComment] | None
    sort_key: str | None = None

    def to_public(self, today: date) -> ListedCaseView:
        """The row as the API answers it, with the statuses reached (the last one is the case's) and the newest comments."""
        reached = [LABELS.get(step, step) for step in self.steps or () if step != self.status]
        return {
            **self.to_row(today),
            "policyDetails": self.terms(),
            "flowSteps": list(dict.fromkeys([*reached, LABELS[self.status]])),
            "comments": [Comment.from_json(stored).to_public() for stored in self.comments or ()],
        }


@dataclass(frozen=True, slots=True)
class Hits:
    """What the indexes found: whether the names and numbers that match are `few` enough, how many cases, those of the page."""

    few: bool
    total: int
    page: list[int]


@dataclass(frozen=True, slots=True)
class CasePage:
    """The rows of a page, and how many the list has."""

    rows: list[ListedCase]
    total: int
    exact: bool


async def cases(
    reads: Reads,
    caller: Caller,
    filters: Filters,
    page: Page,
    today: date,
    *,
    cursor: str | None = None,
    closed: bool = False,
) -> dict[str, object]:
    """One page of the tracking list (everything but renewed) or of the closed list, within the caller's reach.

    `total` is exact up to 10,000; beyond, and for pieces of text that are in very many cases, an estimate.
    """
    within = await where(reads, caller, filters, today, closed=closed)
    order = sort_of(page.sort, within)
    found = await _page(reads, filters.terms, within, order, page, cursor)
    answer = pagination(page, found.total, found.exact)
    if len(found.rows) == page.limit:
        answer["nextCursor"] = order.cursor(found.rows[-1].sort_key, found.rows[-1].id)
    return {"cases": [row.to_public(today) for row in found.rows], "pagination": answer}


@dataclass(slots=True)
class _Part:
    """Which part of the list is asked for, in pieces of SQL, with the parameters."""

    within: Where
    order: Sort
    limit: int
    offset: int
    cursor: str | None
    scanning: bool
    after: str
    params: dict[str, object]

    def picked(self, limit: int, offset: int) -> str:
        """The select of these rows on `renewal_cases` alone."""
        return self.order.pick(self.within.sql, limit, offset, self.cursor, scanning=self.scanning)

    def format(self, sql: str, **pieces: str) -> str:
        """The statement with its pieces."""
        return sql.format(
            columns=COLUMNS + MORE,
            joins=JOINS,
            key=self.order.key,
            order=self.order.order,
            way="desc" if self.order.descending else "asc",
            limit=self.limit,
            offset=self.offset,
            **pieces,
        )


async def _page(reads: Reads, terms: list[str], within: Where, order: Sort, page: Page, cursor: str | None) -> CasePage:
    """The rows of a page, the total and whether it is exact."""
    after, params = order.after(cursor) if cursor else ("true", {})
    scanning = order.scan is not None and (await totals.total(reads, within))[0] > SORTED_AT_MOST
    offset = 0 if cursor else page.offset
    part = _Part(within, order, page.limit, offset, cursor, scanning, after, {**within.params, **params})
    if terms:
        async with reads.searches:
            return await _searched(reads, terms, part)
    rows = await reads.fetch_all(ListedCase, part.format(_PAGE, picked=part.picked(page.limit, offset)), part.params)
    if not cursor and len(rows) < page.limit and (rows or page.page == 1):
        return CasePage(rows, page.offset + len(rows), True)
    return CasePage(rows, *await totals.total(reads, within))


async def _searched(reads: Reads, terms: list[str], part: _Part) -> CasePage:
    """By the indexes when few match, else by a scan; by the indexes after all when the scan did not fill the page."""
    params, query = search.term_params(terms), search.estimate_query(terms)
    part.params |= params
    estimated = await totals.estimate(reads, query, params)
    # only a term with a digit can be in a case's code without being in all of them
    coded = any(character.isdigit() for term in terms for character in term)
    newest = await reads.fetch_only(int, "select coalesce(max(id), 0) from renewal_cases") if coded else 0
    if estimated <= search.FEW and min(map(len, terms)) >= search.TRIGRAM:
        if found := await _by_index(reads, terms, part, newest, search.FEW):
            return found
        estimated = search.FEW + 1
        totals.correct_estimate(reads, query, params, estimated)
    picked = part.picked((part.limit + part.offset) * search.SCAN_PER_ROW, 0)
    scan = part.format(_SCAN, picked=picked, tests=search.scan_predicate(terms))
    rows = await reads.fetch_all(ListedCase, scan, part.params)
    if len(rows) == part.limit:
        listed, _ = await totals.total(reads, part.within)
        return CasePage(rows, max(min(listed, estimated), part.offset + len(rows)), False)
    found = await _by_index(reads, terms, part, newest, None)
    assert found is not None  # there is no limit
    return found


async def _by_index(reads: Reads, terms: list[str], part: _Part, newest: int, most: int | None) -> CasePage | None:
    """The page by the indexes; None when more than `most` names or numbers match."""
    columns = f"c.id, {part.order.column} as by, {part.after} as goes_on"
    sql, params = search.index_query(terms, newest, most, part.within.sql, columns)
    hits = await reads.fetch_only(Hits, part.format(_HITS, found=sql), {**part.params, **params})
    if not hits.few:
        return None
    rows = await reads.fetch_all(ListedCase, part.format(_OF_PAGE), {"page": hits.page}) if hits.page else []
    return CasePage(rows, hits.total, True)
