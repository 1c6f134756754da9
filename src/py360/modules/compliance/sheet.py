"""The process in which a list of contacts is read: `python -m py360.modules.compliance.sheet`, a file in, its rows out.

It limits its own memory and computing time before it reads anything. The first line of the request is the file's kind.
"""

import codecs
import csv
import io
import resource
import sys
from collections.abc import Iterator, Sequence
from typing import Final

import orjson

MEMORY_BYTES: Final = 1 << 30
SECONDS: Final = 10
MAX_ROWS: Final = 10_000
DELIMITERS: Final = ",;\t|"
LONGEST_CELL: Final = 20  # lines of a cell in quotation marks
MAX_CELL: Final = 600  # characters; more is cut, and then refused as too long


def rows(request: bytes) -> list[list[str]]:
    """The rows of a list as texts, blank ones too, the headings first; one row more than allowed shows that there are too many."""
    kind, _, content = request.partition(b"\n")
    found: Sequence[Sequence[object]]
    if kind == b"csv":
        found = list(_lines(_decoded(content)))
    else:
        from python_calamine import CalamineWorkbook  # after the limits

        found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [[_text(cell) for cell in row] for row in found[: MAX_ROWS + 2]]


def _decoded(content: bytes) -> str:
    """UTF-8, or as Excel writes: UTF-16 under its mark, or Windows' letters."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _lines(text: str) -> Iterator[list[str]]:
    """A row for each line. A quotation mark that is never closed takes no rows: a line continues in the next ones only where
    those are no rows by themselves; they are blank then, so that rows keep their numbers."""
    lines = text.splitlines()
    delimiter = max(DELIMITERS, key=lines[0].count) if lines else ","
    width = lines[0].count(delimiter) if lines else 0
    at = 0
    while at < len(lines):
        end = at + 1
        while "\n".join(lines[at:end]).count('"') % 2 and end < min(at + LONGEST_CELL, len(lines)):
            if lines[end].count(delimiter) >= max(width, 1):
                break
            end += 1
        whole = "\n".join(lines[at:end])
        if whole.count('"') % 2:  # the mark is a stray one
            whole, end = lines[at].replace('"', ""), at + 1
        yield from csv.reader([whole.replace("\n", " ")], delimiter=delimiter) if whole.strip() else ([],)
        yield from ([] for _ in range(at + 1, end))
        at = end


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))  # a phone number that the sheet holds as a number
    return str(cell).strip()[:MAX_CELL]


def main() -> None:
    """Limit this process, then read the request and write the answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.buffer.write(orjson.dumps(rows(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
