"""A list of the API: one select that gives its pages and, whole, its files."""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import reduce
from operator import getitem
from typing import Any, Final, Generic, TypeVar

from py360.kit.errors import BadRequest, Invalid
from py360.kit.export import Column, Export, export
from py360.kit.free_json import MAX_DEPTH
from py360.kit.paging import EXACT_UP_TO, Page, decode_cursor, encode_cursor, pagination
from py360.kit.reads import Reads

Kind = TypeVar("Kind")
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Kind]):
    """`select` (up to its joins) and `where` find the rows, each a `row`; `to_public` makes the API's object of one.

    `columns` are those of an exported file; one may be inside an object: `metrics.sent`. `walked` names the column of the rows'
    `id`: while a list is ordered by it alone, it can be read by cursor.
    """

    name: str
    select: str
    where: str
    order: str
    params: Mapping[str, Any]
    to_public: Callable[[Kind], Mapping[str, Any]]
    columns: Sequence[str]
    file_name: str = ""  # where the list's name says too little
    counted: str = ""  # the tables that `where` needs, when `select` joins more
    walked: str = ""
    headings: Mapping[str, str] = field(default_factory=dict)  # of columns whose name says too little
    matches: int | None = None  # how many rows there are, where that is known already; above 10,000 at least so many
    _: KW_ONLY
    row: type[Kind]  # the dataclass of the select's columns

    async def page(self, reads: Reads, page: Page, cursor: str | None = None) -> dict[str, Any]:
        """The rows of a page, or those behind a cursor, under the list's name, and its `pagination`; the total is counted up to 10,000."""
        after, beyond = self._after(cursor) if cursor else ("", {"offset": page.offset})
        walks = self._walks()
        one_more = page.limit + walks
        params = {**self.params, "limit": one_more, **beyond}
        rows = await self._fetch(reads, f"{self._sql(after)} limit %(limit)s offset %(offset)s", params)
        counted = await self._count(reads) if self.matches is None else self.matches
        rows, more = rows[: page.limit], len(rows) > page.limit
        total = max(counted, beyond["offset"] + len(rows))
        paging = pagination(page, total, counted <= EXACT_UP_TO)
        if walks:
            paging["nextCursor"] = encode_cursor(_id(rows[-1])) if more else None
        return {self.name: [self.to_public(row) for row in rows], "pagination": paging}

    async def _count(self, reads: Reads) -> int:
        rows_of = f"select from {self.counted}" if self.counted else self.select
        few = f"select count(*) from ({rows_of} where {self.where} limit {EXACT_UP_TO + 1}) few"
        return await reads.fetch_only(int, few, self.params)

    async def whole(self, reads: Reads) -> dict[str, Any]:
        """Every row, for lists that are short by nature, such as roles."""
        rows = [self.to_public(row) for row in await self._fetch(reads, self._sql(), self.params)]
        return {self.name: rows, "pagination": pagination(Page(1, max(len(rows), 1)), len(rows))}

    def file(self, reads: Reads, format: str) -> Export:
        """All of it as a file, streamed; raises Invalid for a format we do not export."""
        columns = [Column(self.headings.get(name) or heading(name), _cell(name)) for name in self.columns]
        return export(self.file_name or _WORDS.sub("_", self.name).lower(), format, columns, self._rows(reads))

    async def _rows(self, reads: Reads) -> AsyncIterator[Mapping[str, Any]]:
        async for row in reads.fetch_stream(self.row, self._sql(), self.params):
            yield self.to_public(row)

    async def _fetch(self, reads: Reads, sql: str, params: Mapping[str, Any]) -> list[Kind]:
        return await reads.fetch_all(self.row, sql, params)

    def _walks(self) -> bool:
        return bool(self.walked) and self.order.split()[0] == self.walked

    def _after(self, cursor: str) -> tuple[str, dict[str, int]]:
        if not self._walks():
            raise BadRequest("A list in this order has pages, and no cursor.", code="bad_cursor")
        match decode_cursor(cursor):
            case [int(number)]:
                than = "<" if self.order.endswith(" desc") else ">"
                return f" and {self.walked} {than} %(after)s", {"after": number, "offset": 0}
        raise BadRequest("This cursor is not valid. Start again from the first page.", code="bad_cursor")

    def _sql(self, after: str = "") -> str:
        return f"{self.select} where {self.where}{after} order by {self.order}"


def _id(row: Any) -> int:
    return int(row["id"] if isinstance(row, Mapping) else row.id)


def heading(name: str) -> str:
    """A field of the API as the heading of a column: `lastLogin` is Last Login, `metrics.openRate` Open Rate."""
    words = _WORDS.split(name.rpartition(".")[2])
    return " ".join(word if word.isupper() else word.capitalize() for word in words).replace("Id", "ID")


def _cell(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda row: in_words(reduce(getitem, name.split("."), row))


def in_words(value: Any, depth: int = 0) -> Any:
    """What a cell of a file has for a value of the API: yes and no, lists and objects as text; the rest as it is."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, (Mapping, list, tuple)) and depth > MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        entries = {key: in_words(each, depth + 1) for key, each in value.items() if each not in (None, "")}
        return ", ".join(f"{key}: {text}" for key, text in entries.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(str(in_words(each, depth + 1)) for each in value)
    return value


def ordering(sort: str | None, known: Mapping[str, str], default: str, key: str) -> str:
    """The `order by` of a sort key such as `-createdAt`, made unambiguous by `key`; raises Invalid for an unknown one.

    A column of `known` that may be empty says `nulls last`. Others do not: an index could not give that order.
    """
    text = (sort or default).strip()
    name = text.removeprefix("-")
    if name not in known:
        raise Invalid(
            f"“{name[:60]}” is not a column to sort by.",
            code="unknown_sort",
            details=[{"field": "sort", "message": "one of " + ", ".join(known)}],
        )
    column, nulls, last = known[name].partition(" nulls")
    way = "desc" if text.startswith("-") else "asc"
    return f"{key} {way}" if column == key else f"{column} {way}{nulls}{last}, {key} {way}"


def comma_list(text: str | None) -> list[str]:
    """The words of a filter that takes several, such as `active,paused`; none when it is left out."""
    return [word for part in (text or "").split(",") if (word := part.strip())]


def containing(text: str | None) -> str | None:
    """An `ilike` pattern that finds the text anywhere, whatever characters it has; None when there is nothing to find."""
    if not text or not text.strip():
        return None
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
