"""The process in which a list of contacts is read: `python -m py360.modules.compliance.sheet`, a file in, its rows out.

It limits its own memory and computing time before it reads anything. The first line of the request is the file's kind.
"""

import csv
import io
import resource
import sys
from collections.abc import Sequence
from typing import Final

import orjson

MEMORY_BYTES: Final = 1 << 30
SECONDS: Final = 10
MAX_ROWS: Final = 10_000
MAX_CELL: Final = 600  # characters; more is cut, and then refused as too long


def rows(request: bytes) -> list[list[str]]:
    """The rows of a list as texts, the headings first; one row more than allowed shows that there are too many."""
    kind, _, content = request.partition(b"\n")
    found: Sequence[Sequence[object]]
    if kind == b"csv":
        found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        from python_calamine import CalamineWorkbook  # after the limits

        found = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return [[_text(cell) for cell in row] for row in found[: MAX_ROWS + 2]]


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
