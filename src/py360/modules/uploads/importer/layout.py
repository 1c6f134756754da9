"""How a file will be read: its table, the mapping, and the questions that only a person can answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.modules.uploads.cleaned import ISSUES
from py360.modules.uploads.fields import DATES
from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.importer.cells.dates import Order
from py360.modules.uploads.importer.clean import Plan
from py360.modules.uploads.importer.mapping import Mapping as Columns
from py360.modules.uploads.importer.mapping import layout_of, map_headings
from py360.modules.uploads.importer.scan import Scan, scan
from py360.modules.uploads.issues import REASON
from py360.modules.uploads.reading.rows import Accounting, Roles
from py360.modules.uploads.reading.tables import Table, open_table
from py360.modules.uploads.settings import UploadSettings

CHUNK_TO_LOOK_AT = 100_000
AMOUNTS = ("premium_amount", "renewal_amount", "sum_insured")


@dataclass(frozen=True, slots=True)
class MappingChoice:
    """What the office chose for a file: headings of our columns, orders of day and month, values for all rows."""

    columns: Mapping[str, str] = field(default_factory=dict)
    date_orders: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """For a jsonb column."""
        return {"columns": dict(self.columns), "dateOrders": dict(self.date_orders), "values": dict(self.values)}

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> "MappingChoice":
        """From a jsonb column."""
        json = stored or {}
        return cls(json.get("columns", {}), json.get("dateOrders", {}), json.get("values", {}))

    def over(self, other: "MappingChoice") -> "MappingChoice":
        """These words, and where they are silent the others."""
        return MappingChoice(
            {**other.columns, **self.columns},
            {**other.date_orders, **self.date_orders},
            {**other.values, **self.values},
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A recognised file: its table and how its headings are mapped."""

    table: Table
    mapping: Columns
    layout: str
    choice: MappingChoice  # with what was remembered

    def ignored(self) -> pl.DataFrame:
        """Warnings about what is not read: columns that we have no use for, and other sheets with a table."""
        columns = [
            (None, "warning", heading, None, "column_ignored")
            for heading in self.mapping.unmapped
            if heading not in REASON
        ]
        columns += [(None, "warning", f"Column {letters}", None, "column_ignored") for letters in self.table.unnamed]
        sheets = [(None, "warning", sheet, None, "sheet_not_read") for sheet in self.table.not_read]
        return pl.DataFrame([*sheets, *columns], schema=ISSUES, orient="row")

    def chunks(self, size: int, after: int = 0) -> Iterable[pl.DataFrame]:
        """The rows after a row number (`Table.chunks`)."""
        return self.table.chunks(size, self.roles(), after)

    def roles(self) -> Roles:
        """What the reader has to know of the mapping."""
        columns = {match.field: match.column for match in self.mapping.matches}
        return Roles(
            columns.get("policy_number"),
            frozenset(columns[name] for name in AMOUNTS if name in columns),
            frozenset(columns[name] for name in DATES if name in columns),
        )

    def accounting(self) -> Accounting:
        """What became of every row of the file; the data rows in it are the import's to account for."""
        return self.table.accounting(self.roles())


_REMEMBERED = """
select layout, mapping, 1 as rank from upload_mappings where client_id = %(client)s
union all
(select distinct on (layout) layout, jsonb_build_object('dateOrders', mapping #> '{shown,dateOrders}'), 2 from file_uploads
 where client_id = %(client)s and mapping #> '{shown,dateOrders}' <> '{}' order by layout, id desc)
order by rank
"""


async def remembered(session: AsyncSession, client_id: int) -> dict[str, MappingChoice]:
    """The layouts that a client's files had: how people mapped them, and which way their dates were seen to be written.

    A mended error file has few rows, whose dates may leave open what those of the whole list showed.
    """
    known: dict[str, MappingChoice] = {}
    for row in await db.all(session, _REMEMBERED, {"client": client_id}):
        known[row["layout"]] = known.get(row["layout"], MappingChoice()).over(MappingChoice.of(row["mapping"]))
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
    layout = layout_of(table.headings)
    known = memory.get(layout, MappingChoice())
    mapping = map_headings(table.headings, choice.columns, known.columns, {**known.values, **choice.values})
    return Opened(table, mapping, layout, choice.over(known))


def scan_file(opened: Opened, limits: UploadSettings) -> tuple[Scan, Opened]:
    """Look at the whole file once."""
    found = scan(opened.chunks(CHUNK_TO_LOOK_AT), opened.mapping, limits)
    orders = {name: evidence.proven.value for name, evidence in found.evidence.items() if evidence.proven}
    return found, replace(opened, mapping=replace(opened.mapping, date_orders=orders))


def questions(opened: Opened, found: Scan | None) -> list[dict[str, Any]]:
    """What must be asked before the file can be imported; dates only once the file was looked at."""
    asked: list[dict[str, Any]] = []
    for words, names in opened.mapping.missing:
        asked.append(
            {
                "id": f"columns.{names[0]}",
                "kind": "column",
                "fields": list(names),
                "question": f"Which column holds {words}?",
                "options": list(opened.mapping.unmapped),
            }
        )
    for name, evidence in (found.evidence if found else {}).items():
        if evidence.order is None and name not in opened.choice.date_orders:
            asked.append(
                {
                    "id": f"dateOrders.{name}",
                    "kind": "date_order",
                    "fields": [name],
                    "column": opened.mapping.heading(name),
                    "question": f"In “{opened.mapping.heading(name)}”, does the day or the month come first?",
                    "options": ["DMY", "MDY"],
                    "examples": evidence.open,
                }
            )
    return asked


def plan(opened: Opened, found: Scan) -> Plan:
    """The plan of a file without open questions: the dates themselves decide, then what was chosen."""
    orders = {
        name: evidence.order or Order(opened.choice.date_orders[name]) for name, evidence in found.evidence.items()
    }
    return Plan(opened.mapping, orders, repeats=found.repeats)
