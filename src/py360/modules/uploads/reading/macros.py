"""Macros are not kept: a workbook is stored and given out without them. Its cells stay as they are. Runs in the child process."""

import re
import struct
import zipfile
from pathlib import Path
from typing import Final

import olefile

from py360.modules.uploads.reading.formats.package import Package, spelled
from py360.modules.uploads.reading.kinds import ZIPPED, Kind
from py360.modules.uploads.reading.refusal import MACRO_SHEETS, Refused

_CODE_FOLDERS: Final = ("basic/", "scripts/")  # of LibreOffice
_MACRO_SHEETS: Final = "xl/macrosheets/"
_CONTENT_TYPES: Final = "[content_types].xml"  # says of each part what it is, wherever it lies
_NAMED: Final = (b"vbaproject", b"vbadata", b'"basic/', b'"scripts/')  # in the tags of other parts that are about code
_SPEAKING: Final = (b"<relationship", b"<override", b"<default", b"<manifest:file-entry")
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


def refuse_macro_sheets(path: Path, kind: Kind, most_bytes: int) -> None:
    """Refuse a workbook with macro sheets, which cannot be left out without its cells. Raises Refused."""
    if kind is Kind.XLS:
        with olefile.OleFileIO(path) as book:
            for name in _OLD_BOOK:
                if book.exists(name) and _has_macro_sheets(book.openstream(name).read()):
                    raise Refused(MACRO_SHEETS)
    elif kind in ZIPPED:
        package = Package(path, most_bytes)
        types = package.read(_CONTENT_TYPES) if _CONTENT_TYPES in package else b""
        if any(name.startswith(_MACRO_SHEETS) for name in package.names) or b"macrosheet" in types.lower():
            raise Refused(MACRO_SHEETS)


def drop_macros(path: Path, kind: Kind, most_bytes: int) -> None:
    """Take the macros out of a workbook, in place; most have none and are not touched."""
    if kind is Kind.XLS:
        _from_compound(path)
    elif kind in ZIPPED:
        _from_zip(path, most_bytes)


def named_without(name: str) -> str:
    """What a workbook is called without its macros: Excel refuses it as .xlsm."""
    return f"{name[:-5]}.xlsx" if name[-5:].lower() in (".xlsm", ".xltm") else name


def _from_zip(path: Path, most_bytes: int) -> None:
    package = Package(path, most_bytes)
    types = package.read(_CONTENT_TYPES) if _CONTENT_TYPES in package else b""
    if not any(map(_is_code, package.names)) and not any(old in types for old in _TYPES[0]):
        package.close()
        return
    without = path.with_name(f"{path.name}-without-macros")
    with zipfile.ZipFile(without, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as kept:
        for entry in package.entries():
            if not _is_code(spelled(entry.filename)):
                _copy(package, kept, entry)
    package.close()
    without.replace(path)


def _is_code(name: str) -> bool:
    """Whether a part, in one spelling, is code: Excel's parts and LibreOffice's folders."""
    return name.startswith(_CODE_FOLDERS) or any(piece.startswith("vba") for piece in name.split("/"))


def _copy(package: Package, kept: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    name = spelled(entry.filename)
    if name.endswith((".rels", _CONTENT_TYPES, "manifest.xml")):
        text = _without_code(package.read(name))
        for old in _TYPES[0]:
            text = text.replace(old, _TYPES[1])
        kept.writestr(entry.filename, text)
        return
    with package.open(name) as source, kept.open(entry.filename, "w", force_zip64=True) as target:
        while block := source.read(1 << 20):
            target.write(block)


def _without_code(text: bytes) -> bytes:
    """A part without the tags that name code. Cut at every tag's start, so each byte is looked at once."""
    tags = re.split(rb"(?=<)", text)
    kept: list[bytes] = []
    dropped_open = False
    for tag in tags:
        small = tag[:8_192].lower()
        if small.startswith(_SPEAKING) and any(name in small for name in _NAMED):
            end = tag.find(b">")
            dropped_open = tag[max(end - 1, 0) : end] != b"/"
            kept.append(tag[end + 1 :] if end >= 0 else b"")
        elif dropped_open and tag.startswith(b"</"):
            dropped_open = False
            kept.append(tag[tag.find(b">") + 1 :])
        else:
            kept.append(tag)
    return b"".join(kept)


def _from_compound(path: Path) -> None:
    """Old workbooks: the code's streams are blanked where they are, since the format does not give room back."""
    with olefile.OleFileIO(path, write_mode=True) as book:
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
