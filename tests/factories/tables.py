"""Policy files as the reader sees them, without an import behind it."""

import asyncio
from pathlib import Path
from typing import Any

from py360.modules.uploads.importer.mapping import map_headings
from py360.modules.uploads.reading.rows import HIDDEN, PROBLEM, Roles
from py360.modules.uploads.reading.tables import Table, open_table
from py360.modules.uploads.settings import UploadSettings


def table_in(path: Path, limits: UploadSettings | None = None) -> Table:
    """The table of a file; for tests without a loop of their own."""
    return asyncio.run(open_table(path, limits or UploadSettings()))


def rows_in(table: Table) -> list[tuple[Any, ...]]:
    """The policies' rows as (row number, cells...)."""
    roles = Roles(map_headings(table.headings).column("policy_number"))
    return [line for chunk in table.chunks(1000, roles) for line in chunk.drop(HIDDEN, PROBLEM).rows()]
