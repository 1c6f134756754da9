"""A zipped workbook as a set of named parts, size-checked before it is unpacked.

Names are compared in one spelling: some programs write backslashes, a leading slash or `./`, other capitals, or `%20`.
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final
from urllib.parse import unquote

from py360.modules.uploads.reading.refusal import DAMAGED, TOO_MANY_PARTS, UNPACKED_TOO_LARGE, Refused

BLOCK: Final = 1 << 20
MEGABYTE: Final = 1 << 20
MOST_PARTS: Final = 10_000
LARGEST_PART: Final = 32 * MEGABYTE  # of those that are read at once: lists of sheets, relationships, styles


def spelled(name: str) -> str:
    """The one spelling of a part's name."""
    return posixpath.normpath(unquote(name.replace("\\", "/")).lstrip("/")).casefold()


class Package:
    """The parts of a zip file. Raises Refused for one that unpacks to more than is accepted.

    What the directory says of a part's size binds: `zipfile` gives no byte more than that.
    """

    def __init__(self, file: Path | io.BytesIO, most: int) -> None:
        self._archive = zipfile.ZipFile(file)
        entries = self._archive.infolist()
        if len(entries) > MOST_PARTS:
            raise Refused(
                TOO_MANY_PARTS,
                f"This workbook is made of {len(entries):,} parts; at most {MOST_PARTS:,} are accepted. Save its list alone.",
            )
        if sum(entry.file_size for entry in entries) > most:
            raise Refused(
                UNPACKED_TOO_LARGE, f"Unpacked, this workbook holds more than {most / MEGABYTE:,.0f} MB. Split it."
            )
        self._entries = {spelled(entry.filename): entry for entry in entries}

    @property
    def names(self) -> set[str]:
        """The parts, in one spelling."""
        return set(self._entries)

    def __contains__(self, name: str) -> bool:
        return spelled(name) in self._entries

    def entries(self) -> list[zipfile.ZipInfo]:
        """The parts as the file lists them."""
        return self._archive.infolist()

    def open(self, name: str) -> IO[bytes]:
        """A part to read in blocks. Raises Refused where there is none."""
        entry = self._entries.get(spelled(name))
        if entry is None:
            raise Refused(DAMAGED)
        return self._archive.open(entry)

    def blocks(self, name: str) -> Iterator[bytes]:
        """A part block by block."""
        with self.open(name) as file:
            while block := file.read(BLOCK):
                yield block

    def read(self, name: str, most: int = LARGEST_PART) -> bytes:
        """A small part at once. Raises Refused where it is larger than `most` bytes."""
        entry = self._entries.get(spelled(name))
        if entry is None:
            raise Refused(DAMAGED)
        if entry.file_size > most:
            raise Refused(
                UNPACKED_TOO_LARGE,
                f"A part of this workbook holds {entry.file_size / MEGABYTE:,.0f} MB of lists or styles; at most "
                f"{most / MEGABYTE:,.0f} MB are accepted. Copy its list into a new workbook and upload that.",
            )
        return self._archive.read(entry)

    def close(self) -> None:
        """Close the file."""
        self._archive.close()


def target_of(base: str, target: str) -> str:
    """Where a relationship of the part `base` leads, in one spelling."""
    target = target.replace("\\", "/")
    joined = target if target.startswith("/") else posixpath.join(posixpath.dirname(base), target)
    return spelled(posixpath.normpath(joined.lstrip("/")))
