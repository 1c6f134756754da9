"""Text tables: any common encoding and delimiter, read block by block in flat memory."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import charset_normalizer
import polars as pl

from py360.modules.uploads.errors import Damaged

BLOCK: Final = 4 << 20  # of 2 and 12 MB, the one that keeps a worker under 400 MB and chunks large (measured)
_SAMPLE: Final = 256 << 10
_TAIL: Final = 64 << 10
_DELIMITERS: Final = ",;\t|"
csv.field_size_limit(2**31 - 1)  # a cell may be long; memory is bounded by the blocks that are read
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text table is written."""

    encoding: str
    delimiter: str


def sniff(path: Path) -> Layout:
    """Delimiter, from the start of the file, and encoding, from where its first letters beyond ASCII stand."""
    with path.open("rb") as file:
        sample = telling = file.read(_SAMPLE)
        while telling.isascii() and (further := file.read(1 << 20)):
            telling = further
    encoding = encoding_of(telling)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    return Layout(encoding, _delimiter(text.splitlines()[:200]))


def encoding_of(sample: bytes, declared: str | None = None) -> str:
    """The encoding of a text, told by its bytes; where they leave it open, the one that it declares."""
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if sample[1::2].count(0) > len(sample) // 8:
        return "utf-16-le"
    if sample[::2].count(0) > len(sample) // 8:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    if declared not in (None, "utf-8"):
        return declared
    guess = charset_normalizer.from_bytes(
        sample[: 64 << 10], cp_isolation=["cp1252", "latin-1", "cp437", "mac_roman"]
    ).best()
    return guess.encoding if guess else "cp1252"


def _delimiter(lines: list[str]) -> str:
    """The character that cuts most lines into the same, largest number of cells."""

    def fitness(delimiter: str) -> int:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if len(row) > 1]
        usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
        return widths.count(usual) * usual

    return max(_DELIMITERS, key=fitness)


def top(path: Path, layout: Layout, rows: int) -> list[list[str | None]]:
    """The first rows; a blank line is a row without cells, as a spreadsheet program would show it."""
    with path.open(encoding=layout.encoding, errors="replace", newline="") as file:
        text = file.read(_SAMPLE)
    found: list[list[str | None]] = []
    try:
        for row in csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=layout.delimiter):
            found.append(list(row))
            if len(found) >= rows:
                break
    except csv.Error as error:
        raise Damaged from error
    return found


def count(path: Path) -> int:
    """About how many lines there are: line ends, and a last line without one."""
    lines, last = 0, b"\n"
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n") or block.count(b"\r")
            last = block
    return lines + (not last.rstrip(b"\x00").endswith((b"\n", b"\r")))


def blocks(path: Path, layout: Layout, skip: int, width: int) -> Iterator[pl.DataFrame]:
    """Everything after the first `skip` records, as text frames c0, c1, ... with `row_no` (records, from 1)."""
    row = 1
    for text in _pieces(path, layout):
        frame = _parse(text, layout.delimiter, width).with_row_index("row_no", offset=row)
        row += frame.height
        yield frame.with_columns(pl.col("row_no").cast(pl.Int32)).filter(pl.col("row_no") > skip)


def _pieces(path: Path, layout: Layout) -> Iterator[bytes]:
    """The file as UTF-8, cut at the ends of records."""
    decoder = codecs.getincrementaldecoder(layout.encoding)(errors="replace")
    rest = b""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = rest + block if layout.encoding == "utf-8" else rest + decoder.decode(block).encode()
            if b"\r" in text and b"\n" not in text:  # an old Macintosh
                text = text.replace(b"\r", b"\n")
            cut = _record_end(text)
            rest = text[cut:]
            if cut:
                yield text[:cut]
    rest += decoder.decode(b"", final=True).encode() if layout.encoding != "utf-8" else b""
    if rest.strip(b"\x00"):
        yield rest


def _record_end(text: bytes) -> int:
    """Where the last complete record ends: the last line end outside quotes; a stray quote does not hold up the file."""
    last = end = text.rfind(b"\n")
    quotes = text.count(b'"', 0, end + 1)
    while end > 0 and quotes % 2 and last - end < _TAIL:
        before = text.rfind(b"\n", 0, end)
        quotes -= text.count(b'"', before + 1, end + 1)
        end = before
    return (last if quotes % 2 or end < 0 else end) + 1


def _parse(text: bytes, delimiter: str, width: int) -> pl.DataFrame:
    names = [f"c{column}" for column in range(width)]
    try:
        return pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            separator=delimiter,
            truncate_ragged_lines=True,
            missing_columns="insert",
            encoding="utf8-lossy",
            raise_if_empty=False,
        )
    except pl.exceptions.PolarsError:  # quotes inside cells, which strict readers refuse and people write
        rows = csv.reader(io.StringIO(text.decode(errors="replace").replace("\0", ""), newline=""), delimiter=delimiter)
        cut = [(*row[:width], *[None] * (width - len(row))) for row in rows]
        return pl.DataFrame(cut, schema=dict.fromkeys(names, pl.String), orient="row")
