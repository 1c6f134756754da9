"""Macros are not kept: a workbook is stored and given out without them. Its cells stay as they are."""

import re
import zipfile
from pathlib import Path
from typing import Final

import olefile

from py360.modules.uploads.errors import MacroSheets
from py360.modules.uploads.reading.kinds import ZIPPED, Kind

_CODE: Final = re.compile(r"(^|/)vba|^Basic/|^Scripts/", re.IGNORECASE)  # Excel's parts, LibreOffice's folders
_SHEETS: Final = re.compile(r"^xl/macrosheets/", re.IGNORECASE)
_MENTIONED: Final = re.compile(  # where other parts speak of them
    rb'<(?:Relationship|Override|Default|manifest:file-entry)\b[^>]*(?:vbaProject|vbaData|"Basic/|"Scripts/)[^>]*>'
)
_OLD_CODE: Final = "_vba_project_cur"  # the folder of an .xls
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
        if any(_SHEETS.search(name) for name in names):
            raise MacroSheets
        if not any(_CODE.search(name) for name in names) and not _says_macros(archive, names):
            return
        without = path.with_name(f"{path.name}-without-macros")
        with zipfile.ZipFile(without, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as kept:
            for entry in archive.infolist():
                if not _CODE.search(entry.filename):
                    _copy(archive, kept, entry)
    without.replace(path)


def _says_macros(archive: zipfile.ZipFile, names: list[str]) -> bool:
    return "[Content_Types].xml" in names and any(old in archive.read("[Content_Types].xml") for old in _TYPES[0])


def _copy(archive: zipfile.ZipFile, kept: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    if entry.filename.endswith((".rels", "[Content_Types].xml", "manifest.xml")):
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
        for entry in book.listdir():
            if entry[0].lower() == _OLD_CODE:
                book.write_stream(entry, bytes(book.get_size(entry)))
