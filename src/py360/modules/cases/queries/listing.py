"""The case lists: pick the page's few rows on `renewal_cases` alone, then join names and policies to those."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from py360.kit.caller import Caller
from py360.kit.paging import Page, pagination
from py360.kit.reads import Reads
from py360.modules.cases.queries import counting, searching
from py360.modules.cases.queries.filters import Filters, Where, where
from py360.modules.cases.queries.rows import COLUMNS, JOINS, shown
from py360.modules.cases.queries.sorting import SORTED_AT_MOST, Sort, sort

_PAGE: Final = """
select {columns}, {key} from ({picked}) c {joins} order by {order}
"""
_WALK: Final = """
select {columns}, {key} from ({picked}) c {joins} where {tests} order by {order} limit {limit} offset {offset}
"""
_INDEXED: Final = """
with {found}, page as materialized (
  select id from found where goes_on order by by {way}, id {way} limit {limit} offset {offset}
)
select few.yes as few, (select count(*) from found) as total, {columns}, {key}
from few left join (page join renewal_cases c using (id)) on true
left join customers u on u.id = c.customer_id
left join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to
order by {order}
"""


async def cases(
    reads: Reads,
    caller: Caller,
    filters: Filters,
    page: Page,
    today: date,
    *,
    cursor: str | None = None,
    closed: bool = False,
) -> dict[str, Any]:
    """One page of the tracking list (everything but renewed) or of the closed list, within the caller's reach.

    `total` is exact up to 10,000; beyond, and for pieces of text that stand in very many cases, an estimate.
    """
    within = await where(reads, caller, filters, today, closed=closed)
    order = sort(page.sort, within)
    rows, total, exact = await _rows(reads, filters.terms, within, order, page, cursor)
    answer = pagination(page, total, exact)
    if len(rows) == page.limit:
        answer["nextCursor"] = order.cursor(rows[-1])
    for row in rows:
        del row["sort_key"]
    return {"cases": [shown(row, today) for row in rows], "pagination": answer}


async def _rows(
    reads: Reads, terms: list[str], within: Where, order: Sort, page: Page, cursor: str | None
) -> tuple[list[dict[str, Any]], int, bool]:
    """The rows of a page, the total and whether it is exact."""
    after, params = order.after(cursor) if cursor else ("true", {})
    offset = 0 if cursor else page.offset
    cut = {
        "columns": COLUMNS,
        "joins": JOINS,
        "key": order.key,
        "order": order.order,
        "by": order.column,
        "way": "desc" if order.descending else "asc",
        "limit": page.limit,
        "offset": offset,
        "after": after,
    }
    params = {**within.params, **params}
    walking = order.walk is not None and (await counting.total(reads, within))[0] > SORTED_AT_MOST

    def picked(most: int, offset: int) -> str:
        return order.pick(within.sql, most, offset, cursor, walking=walking)

    if terms:
        async with reads.searches:
            return await _searched(reads, terms, within, picked, cut, params)
    rows = await reads.all(_PAGE.format(picked=picked(page.limit, offset), **cut), params)
    if not cursor and len(rows) < page.limit and (rows or page.page == 1):
        return rows, page.offset + len(rows), True
    return rows, *await counting.total(reads, within)


async def _searched(
    reads: Reads,
    terms: list[str],
    within: Where,
    picked: Callable[[int, int], str],
    cut: dict[str, Any],
    params: dict[str, Any],
) -> tuple[list[dict[str, Any]], int, bool]:
    """By the indexes when few match, else by walking; by the indexes after all when the walk came too short."""
    tests, guessing = searching.tests(terms), searching.guessing(terms)
    params |= tests
    guessed = await counting.estimate(reads, guessing, tests)
    # only a term with a digit can stand in a case's code without standing in all of them
    coded = any(character.isdigit() for term in terms for character in term)
    newest: int = await reads.value("select coalesce(max(id), 0) from renewal_cases") if coded else 0
    if guessed <= searching.FEW and min(map(len, terms)) >= searching.TRIGRAM:
        few, rows, total = await _by_index(reads, terms, within, cut, params, newest, searching.FEW)
        if few:
            return rows, total, True
        guessed = searching.FEW + 1
        counting.correct(reads, guessing, tests, guessed)
    walked = picked((cut["limit"] + cut["offset"]) * searching.WALK_PER_ROW, 0)
    walk = _WALK.format(picked=walked, tests=searching.walking(terms), **cut)
    rows = await reads.all(walk, params)
    if len(rows) == cut["limit"]:
        listed, _ = await counting.total(reads, within)
        return rows, max(min(listed, guessed), cut["offset"] + len(rows)), False
    _, rows, total = await _by_index(reads, terms, within, cut, params, newest, None)
    return rows, total, True


async def _by_index(
    reads: Reads,
    terms: list[str],
    within: Where,
    cut: dict[str, Any],
    params: dict[str, Any],
    newest: int,
    most: int | None,
) -> tuple[bool, list[dict[str, Any]], int]:
    """Whether at most `most` names and numbers match; if so the rows, and how many there are in all."""
    columns = f"c.id, {cut['by']} as by, {cut['after']} as goes_on"
    sql, more = searching.indexed(terms, newest, most, within.sql, columns)
    found = await reads.all(_INDEXED.format(found=sql, **cut), {**params, **more})
    few, total = (found[0]["few"], found[0]["total"]) if found else (False, 0)
    rows = [row for row in found if row["key"] is not None]
    for row in rows:
        del row["few"], row["total"]
    return few, rows, total
