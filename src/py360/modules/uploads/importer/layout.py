"""The layout of a file: its table, how its headings are mapped, and what is remembered of files with the same headings."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import polars as pl
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.uploads.cleaned import ISSUES
from py360.modules.uploads.fields import DATES
from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.importer import columns, marks
from py360.modules.uploads.importer.mapping import Mapping as Columns
from py360.modules.uploads.importer.mapping import layout_of, map_headings
from py360.modules.uploads.importer.marks import Marks
from py360.modules.uploads.importer.scan import Scan, scan
from py360.modules.uploads.issues import REASON
from py360.modules.uploads.reading.rows import Accounting, Roles
from py360.modules.uploads.reading.tables import Table, open_table
from py360.modules.uploads.settings import UploadSettings
from py360.modules.uploads.views import StoredMapping

CHUNK_TO_LOOK_AT: Final = 100_000
AMOUNTS: Final = ("premium_amount", "renewal_amount", "sum_insured")


@dataclass(frozen=True, slots=True)
class MappingChoice:
    """What the office chose for a file.

    Headings of our columns, orders of day and month, values for all rows, whether to exchange day and month in dates that a
    program had read (keep, swap), and what becomes of hidden and marked rows (import, leave).
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    date_orders: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    date_cells: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> StoredMapping:
        """For a jsonb column."""
        return {
            "columns": dict(self.columns),
            "dateOrders": dict(self.date_orders),
            "values": dict(self.values),
            "dateCells": dict(self.date_cells),
            "rows": dict(self.rows),
        }

    @classmethod
    def of(cls, stored: StoredMapping | None) -> "MappingChoice":
        """From a jsonb column."""
        json = stored or {}
        return cls(
            json.get("columns") or {},
            json.get("dateOrders") or {},
            json.get("values") or {},
            json.get("dateCells") or {},
            json.get("rows") or {},
        )

    def over(self, other: "MappingChoice") -> "MappingChoice":
        """These choices, and where they are silent the others."""
        return MappingChoice(
            {**other.columns, **self.columns},
            {**other.date_orders, **self.date_orders},
            {**other.values, **self.values},
            {**other.date_cells, **self.date_cells},
            {**other.rows, **self.rows},
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A recognised file: its table, how its headings are mapped, what was chosen for it and what is known of its layout."""

    table: Table
    mapping: Columns
    layout: str
    chosen: MappingChoice
    known: MappingChoice
    marks: Marks = field(default_factory=Marks)

    @property
    def choice(self) -> MappingChoice:
        """What holds for this file; a program that exchanged day and month did so in one file."""
        return self.chosen.over(replace(self.known, date_cells={}))

    def ignored(self) -> pl.DataFrame:
        """Warnings about what is not read: columns that we have no use for, and other sheets with a table."""
        used = {*REASON, *self.marks.headings}
        unread = [
            (
                None,
                "warning",
                heading,
                None,
                "tax_not_added" if columns.tax_left_out(self.mapping, heading) else "column_ignored",
            )
            for heading in self.mapping.unmapped
            if heading not in used
        ]
        unread += [(None, "warning", f"Column {letters}", None, "column_ignored") for letters in self.table.unnamed]
        sheets = [(None, "warning", sheet, None, "sheet_not_read") for sheet in self.table.not_read]
        return pl.DataFrame([*sheets, *unread], schema=ISSUES, orient="row")

    def chunks(self, size: int, after: int = 0) -> Iterable[pl.DataFrame]:
        """The rows to import after a row number (`Table.chunks`)."""
        for rows in self.table.chunks(size, self.roles(), after):
            kept = self.marks.kept(rows)
            if kept.height:
                yield kept

    def roles(self) -> Roles:
        """What the reader has to know of the mapping."""
        fed = {match.field: match.column for match in self.mapping.matches}
        return Roles(
            fed.get("policy_number"),
            frozenset(fed[name] for name in AMOUNTS if name in fed),
            frozenset(fed[name] for name in DATES if name in fed),
        )

    def accounting(self) -> Accounting:
        """What became of every row of the file; the data rows in it are the import's to account for."""
        return self.table.accounting(self.roles())


_REMEMBERED: Final = """
select layout, mapping, 1 as rank from upload_mappings where client_id = %(client)s
union all
(select distinct on (layout) layout, jsonb_build_object('dateOrders', mapping #> '{shown,dateOrders}'), 2 from file_uploads
 where client_id = %(client)s and mapping #> '{shown,dateOrders}' <> '{}' order by layout, id desc)
order by rank
"""


@dataclass(frozen=True, slots=True)
class _Remembered:
    layout: str
    mapping: StoredMapping
    rank: int


async def remembered(session: AsyncSession, client_id: int) -> dict[str, MappingChoice]:
    """The layouts that a client's files had: how people mapped them, and which way their dates were seen to be written.

    A corrected error file has few rows: their dates may not show the order of day and month that the whole list showed.
    """
    known: dict[str, MappingChoice] = {}
    for row in await db.fetch_all(session, _Remembered, _REMEMBERED, {"client": client_id}):
        known[row.layout] = known.get(row.layout, MappingChoice()).over(MappingChoice.of(row.mapping))
    return known


async def remember(session: AsyncSession, client_id: int, layout: str, choice: MappingChoice, user_id: int) -> None:
    """The next file of this layout is read the same way."""
    await db.execute(
        session,
        "insert into upload_mappings (client_id, layout, mapping, updated_by)"
        " values (%(client)s, %(layout)s, %(mapping)s, %(user)s) on conflict (client_id, layout)"
        " do update set mapping = excluded.mapping, updated_by = excluded.updated_by, updated_at = now()",
        {"client": client_id, "layout": layout, "mapping": Jsonb(choice.to_json()), "user": user_id},
    )


async def open_file(
    path: Path,
    choice: MappingChoice,
    memory: Mapping[str, MappingChoice],
    limits: UploadSettings,
    stop_after: int = 0,
    drop_macros: bool = False,
) -> Opened:
    """Read a file and map its headings. Raises what `errors` names, and Invalid for a mapping that does not fit.

    `stop_after`, `drop_macros`: as in `open_table`.
    """
    named = [*choice.columns.values(), *(heading for known in memory.values() for heading in known.columns.values())]
    table = await open_table(
        path, limits, frozenset(heading_key(heading) for heading in named), stop_after, drop_macros
    )
    return await asyncio.to_thread(_mapped, table, choice, memory)  # headings may be thousands


def _mapped(table: Table, choice: MappingChoice, memory: Mapping[str, MappingChoice]) -> Opened:
    layout = layout_of(table.headings)
    known = memory.get(layout, MappingChoice())
    mapping = map_headings(table.headings, choice.columns, known.columns, {**known.values, **choice.values})
    return Opened(table, mapping, layout, choice, known)


def by_values(opened: Opened) -> Opened:
    """The file with its mapping as its first rows decide it where the headings do not, and the columns that mark rows."""
    first = next(iter(opened.table.chunks(CHUNK_TO_LOOK_AT, opened.roles())), None)
    if first is None:
        return opened
    if unfit := columns.unfit(opened.mapping, opened.table.headings, first):
        kept = {name: heading for name, heading in opened.known.columns.items() if name not in unfit}
        values = {**opened.known.values, **opened.chosen.values}
        mapping = map_headings(opened.table.headings, opened.chosen.columns, kept, values)
        opened = replace(opened, mapping=mapping, known=replace(opened.known, columns=kept))
    mapping = columns.decide(opened.mapping, opened.table.headings, first)
    leave = frozenset(kind for kind, choice in opened.choice.rows.items() if choice == "leave")
    return replace(opened, mapping=mapping, marks=marks.find(opened.table.headings, mapping, first, leave))


def scan_file(opened: Opened, limits: UploadSettings) -> tuple[Scan, Opened]:
    """Look at the whole file once."""
    opened = by_values(opened)
    found = scan(opened.table.chunks(CHUNK_TO_LOOK_AT, opened.roles()), opened.mapping, opened.marks, limits)
    return found, opened
