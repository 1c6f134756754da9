"""The first rows of a policy file, with its title lines and its headings: a small copy to try a big portfolio with."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from python_calamine import CalamineWorkbook

WORKBOOKS: Final = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
LOOKED_AT: Final = 100  # lines among which the headings are looked for


def trim(source: Path, folder: Path, rows: int) -> Path:
    """Write a copy with at most so many data rows into a folder; its path.

    Raises OSError or python_calamine.CalamineError when the file cannot be read.
    """
    if source.suffix.lower() in WORKBOOKS:
        sheet = CalamineWorkbook.from_path(str(source)).get_sheet_by_index(0)
        target = folder / f"{source.stem}.xlsx"
        _write_workbook(target, sheet.name, _head(sheet.to_python(), rows))
        return target
    # latin-1 keeps every byte as it is, whatever the encoding of the names
    text = source.read_text(encoding="latin-1")
    dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    target = folder / source.name
    with target.open("w", encoding="latin-1", newline="") as file:
        csv.writer(file, dialect).writerows(_head(list(csv.reader(text.splitlines(keepends=True), dialect)), rows))
    return target


def _head(lines: Sequence[Sequence[Any]], rows: int) -> Sequence[Sequence[Any]]:
    """Everything down to the headings (the first line that is nearly as full as the fullest), and the rows below."""
    filled = [sum(cell not in ("", None) for cell in line) for line in lines[:LOOKED_AT]]
    fullest = max(filled, default=0)
    headings = next((at for at, count in enumerate(filled) if count * 4 >= fullest * 3), 0)
    return lines[: headings + 1 + rows]


def _write_workbook(path: Path, name: str, lines: Sequence[Sequence[Any]]) -> None:
    options = {"constant_memory": True, "default_date_format": "dd-mm-yyyy", "strings_to_formulas": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(name)
        for at, line in enumerate(lines):
            sheet.write_row(at, 0, line)
