"""The error file: the original rows that failed, in their order, with the reasons; corrected, it can be uploaded again."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack
from operator import itemgetter
from typing import Final

import polars as pl

from py360.kit import export, resources, scratch
from py360.kit.export import Column, Export
from py360.kit.reads import Reads
from py360.modules.uploads import queries
from py360.modules.uploads.importer import layout
from py360.modules.uploads.importer.layout import MappingChoice, Opened
from py360.modules.uploads.issues import REASON, sentence
from py360.modules.uploads.queries import FailedRow, UploadRow
from py360.modules.uploads.reading.rows import ROW
from py360.modules.uploads.settings import upload_settings

_MIDNIGHT: Final = r"^(\d{4}-\d{2}-\d{2}) 00:00:00$"


async def export_errors(reads: Reads, upload: UploadRow, format: str) -> Export:
    """Exactly the failed rows of an upload. Raises Invalid for another format than xlsx and csv."""
    failed = {row.row_no: row async for row in queries.failed_rows(reads, upload.id)}
    with ExitStack() as stack:
        folder = stack.enter_context(scratch.folder("errors"))
        path = await resources.current().storage.fetch(upload.path, folder / "file")
        shown = upload.mapping_view
        choice = MappingChoice({each["field"]: each["column"] for each in shown["columns"]} if shown else {})
        opened = await layout.open_file(path, choice, {}, upload_settings())
        files = stack.pop_all()
    headings = opened.table.headings
    columns = [Column(name, itemgetter(f"c{at}")) for at, name in enumerate(headings) if name not in REASON]
    columns += [Column(name, itemgetter(name)) for name in REASON]
    name = f"upload-{upload.id}-errors"
    return export.export(name, format, columns, _rows(opened, failed, files))


async def _rows(
    opened: Opened, failed: Mapping[int, FailedRow], files: ExitStack
) -> AsyncIterator[Mapping[str, object]]:
    wanted = pl.Series(list(failed), dtype=pl.Int32)
    blocks = opened.table.blocks()
    try:
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            for row in (
                block.filter(pl.col(ROW).is_in(wanted.implode())).with_columns(_plain_dates()).iter_rows(named=True)
            ):
                yield {**row, **_reasons(failed[row[ROW]])}
    finally:
        files.close()


def _plain_dates() -> pl.Expr:
    """A workbook's date cells come as moments at midnight; people wrote dates."""
    return pl.col(pl.String).str.replace(_MIDNIGHT, "$1")


def _reasons(row: FailedRow) -> dict[str, object]:
    sentences = []
    for at, code in enumerate(row.codes):
        column = row.columns[at] if at < len(row.columns) else None
        sentences.append(f"{column}: {sentence(code)}" if column else sentence(code))
    return dict(zip(REASON, (row.row_no, ", ".join(row.codes), " ".join(sentences)), strict=True))
