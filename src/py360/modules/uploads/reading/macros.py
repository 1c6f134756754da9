"""Macros are not kept: a workbook is stored and given out without them. Its cells stay as they are."""

import re
import struct
import zipfile
from pathlib import Path
from typing import Final

import olefile

from py360.modules.uploads.errors import MacroSheets
from py360.modules.uploads.reading.kinds import ZIPPED, Kind

_CODE: Final = re.compile(r"(^|/)vba|^Basic/|^Scripts/", re.IGNORECASE)  # Excel's parts, LibreOffice's folders
_SHEETS: Final = re.compile(r"^xl/macrosheets/", re.IGNORECASE)
_KINDS: Final = "[Content_Types].xml"  # says of each part what it is, wherever it lies
_MENTIONED: Final = re.compile(  # where other parts speak of them
    rb'<(?:Relationship|Override|Default|manifest:file-entry)\b[^>]*(?:vbaProject|vbaData|"Basic/|"Scripts/)[^>]*>'
)
_OLD_CODE: Final = ("_vba_project_cur", "_vba_project")  # the folder of an .xls, today's and Excel 95's
_OLD_BOOK: Final = ("Workbook", "Book")
_LISTED, _FIRST, _LAST = 0x85, 0x09, 0x0A  # records of the old format: BoundSheet8, BOF of any version, EOF
_MACROS_LISTED: Final = (1, 6)  # an Excel 4.0 macro sheet, a module of Excel 5
_MACROS_BEGUN: Final = (0x40, 0x06)
# A workbook without macros whose type says it had some is not opened by Excel.
_TYPES: Final = (
    (
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml",
        b"application/vnd.ms-excel.template.macroEnabled.main+xml",
    ),
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
)


def drop_macros(path: Path, kind: Kind) -> None:
    """Take the macros out of a workbook, in place; most have none and are not touched. Raises MacroSheets."""
    if kind is Kind.XLS:
        _from_compound(path)
    elif kind in ZIPPED:
        _from_zip(path)


def named_without(name: str) -> str:
    """What a workbook is called without its macros: Excel refuses it as .xlsm."""
    return re.sub(r"(?i)\.xl[st]m$", ".xlsx", name)


def _from_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if any(_SHEETS.search(name) for name in names) or b"macrosheet" in _kinds(archive, names).lower():
            raise MacroSheets
        if not any(_CODE.search(name) for name in names) and not any(
            old in _kinds(archive, names) for old in _TYPES[0]
        ):
            return
        without = path.with_name(f"{path.name}-without-macros")
        with zipfile.ZipFile(without, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as kept:
            for entry in archive.infolist():
                if not _CODE.search(entry.filename):
                    _copy(archive, kept, entry)
    without.replace(path)


def _kinds(archive: zipfile.ZipFile, names: list[str]) -> bytes:
    return archive.read(_KINDS) if _KINDS in names else b""


def _copy(archive: zipfile.ZipFile, kept: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    if entry.filename.endswith((".rels", _KINDS, "manifest.xml")):
        text = _MENTIONED.sub(b"", archive.read(entry))
        for old in _TYPES[0]:
            text = text.replace(old, _TYPES[1])
        kept.writestr(entry.filename, text)
        return
    with archive.open(entry) as source, kept.open(entry.filename, "w", force_zip64=True) as target:
        while block := source.read(1 << 20):
            target.write(block)


def _from_compound(path: Path) -> None:
    """Old workbooks: the code's streams are blanked where they stand, since the format does not give room back."""
    with olefile.OleFileIO(path, write_mode=True) as book:
        for name in _OLD_BOOK:
            if book.exists(name) and _has_macro_sheets(book.openstream(name).read()):
                raise MacroSheets
        for entry in book.listdir():
            if entry[0].lower() in _OLD_CODE:
                book.write_stream(entry, bytes(book.get_size(entry)))


def _has_macro_sheets(book: bytes) -> bool:
    """Whether a sheet is called a macro sheet or module, by the list of sheets or by its own first record: [MS-XLS] 2.4.28, 2.4.21."""
    at = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        if kind == _LAST:
            return False
        if kind == _LISTED and size >= 6:
            place, _, listed = struct.unpack_from("<IBB", book, at + 4)
            first = struct.unpack_from("<HHHH", book, place) if place + 8 <= len(book) else (0,) * 4
            if listed in _MACROS_LISTED or (first[0] & 0xFF == _FIRST and first[3] in _MACROS_BEGUN):
                return True
        at += 4 + size
    return False
