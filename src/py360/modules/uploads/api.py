"""What other modules may call."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, scratch
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.modules.uploads.errors import EmptyFile, NoHeader
from py360.modules.uploads.headings import heading_key
from py360.modules.uploads.issues import sentence
from py360.modules.uploads.reading.rows import PROBLEM, ROW
from py360.modules.uploads.reading.tables import Table, open_table
from py360.modules.uploads.settings import upload_settings

__all__ = ["EmptyFile", "FileRow", "FileTable", "NoHeader", "Upload", "get", "read_table"]


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload as other modules see one; its rows are in the view `uploads_public_row`."""

    id: int
    client_id: int
    status: str
    original_filename: str
    batch_id: int | None


_GET = """
select f.id, f.client_id, f.upload_status as status, f.original_filename, b.id as batch_id
from file_uploads f left join upload_batches b on b.upload_id = f.id
where f.id = %(id)s and f.client_id = any(%(clients)s)
"""


async def get(session: AsyncSession, upload_id: int, caller: Caller) -> Upload:
    """An upload of the caller's clients; raises NotFound."""
    upload = await db.fetch_one(session, Upload, _GET, {"id": upload_id, "clients": list(caller.client_ids)})
    if upload is None:
        raise NotFound(f"There is no upload upload-{upload_id}.")
    return upload


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a user's table: its number in the file, and its cells as text by the key of their heading.

    `problem` is a sentence where the cells of the row may be under the wrong headings.
    """

    number: int
    cells: Mapping[str, str]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class FileTable:
    """A table that was read; `headings` are keys (`heading_key`): without case, punctuation and abbreviations."""

    headings: frozenset[str]
    rows: Sequence[FileRow]


async def read_table(content: bytes, headings: Collection[str], most_rows: int) -> FileTable:
    """Read a CSV or a workbook of any usual kind, in the bounded child process (ADR 60), without importing it.

    `headings` are those that the caller looks for. Rows beyond `most_rows` are left out, save one that shows it. Raises what an
    upload raises for a file that cannot be read, EmptyFile and
    NoHeader (no row names enough of the headings) among it.
    """
    keys = frozenset(map(heading_key, headings))
    with scratch.folder("table") as folder:
        path = folder / "file"
        await asyncio.to_thread(path.write_bytes, content)
        table = await open_table(path, upload_settings(), keys)
        names = [heading_key(name) for name in table.headings]
        return FileTable(frozenset(names), await asyncio.to_thread(_rows, table, names, most_rows + 1))


def _rows(table: Table, names: Sequence[str], most: int) -> list[FileRow]:
    rows: list[FileRow] = []
    for block in table.blocks():
        for number, problem, *cells in block.select(ROW, PROBLEM, *(f"c{at}" for at in range(len(names)))).iter_rows():
            filled = {name: text.strip() for name, text in zip(names, cells, strict=True) if text and text.strip()}
            if filled:
                rows.append(FileRow(number, filled, sentence(problem) if problem else None))
            if len(rows) >= most:
                return rows
    return rows
