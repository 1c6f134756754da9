"""The first rows of each sheet of an .xlsx, without parsing the rest: a caller waits for this answer."""

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from py360.modules.uploads.reading.damage import parsing

Top = dict[int, dict[int, str]]  # row number as people see it -> column from 0 -> text
_REFERENCE = re.compile(r"([A-Z]+)([0-9]+)")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def tops(path: Path, rows: int) -> list[tuple[str, bool, Top]]:
    """Name, whether it is hidden, and first `rows` rows of every sheet, in the workbook's order. Raises Damaged."""
    with parsing(), zipfile.ZipFile(path) as archive:
        found = [(name, hidden, _sheet(archive, part, rows)) for name, hidden, part in _sheets(archive)]
        wanted = {
            int(cell[1:]) for *_, top in found for row in top.values() for cell in row.values() if cell[:1] == "s"
        }
        shared = _shared(archive, max(wanted)) if wanted else []

    def text(cell: str) -> str:
        if cell[:1] != "s":
            return cell[1:]
        place = int(cell[1:])
        return shared[place] if place < len(shared) else ""

    return [
        (name, hidden, {at: {col: text(c) for col, c in row.items()} for at, row in top.items()})
        for name, hidden, top in found
    ]


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, bool, str]]:
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {item.get("Id", ""): item.get("Target", "") for item in relations}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))
    found = []
    for sheet in book.iter():
        if _local(sheet) == "sheet":
            target = targets[sheet.get(_RELATION) or sheet.get(_STRICT_RELATION) or ""]
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
            if "worksheets/" in part:
                found.append((sheet.get("name", ""), sheet.get("state", "visible") != "visible", part))
    return found


def _sheet(archive: zipfile.ZipFile, part: str, rows: int) -> Top:
    top: Top = {}
    with archive.open(part) as file:
        last = 0
        for _, element in ElementTree.iterparse(file):
            if _local(element) != "row":
                continue
            last = int(element.get("r", last + 1))
            top[last] = dict(_cells(element))
            element.clear()
            if len(top) >= rows:
                break
    return top


def _cells(row: ElementTree.Element) -> Iterator[tuple[int, str]]:
    """Column and raw text of each cell: a letter (s: shared, v: the text itself) and the value."""
    column = -1
    for cell in row:
        if found := _REFERENCE.match(cell.get("r", "")):
            column = 0
            for letter in found[1]:
                column = column * 26 + ord(letter) - 64
            column -= 1
        else:
            column += 1
        kind = cell.get("t")
        text = "".join(part.text or "" for part in cell.iter() if _local(part) in {"v", "t"})
        if text:
            yield column, ("s" if kind == "s" else "v") + text


def _shared(archive: zipfile.ZipFile, last: int) -> list[str]:
    texts: list[str] = []
    with archive.open("xl/sharedStrings.xml") as file:
        for _, element in ElementTree.iterparse(file):
            if _local(element) == "si":
                texts.append("".join(part.text or "" for part in element.iter() if _local(part) == "t"))
                element.clear()
                if len(texts) > last:
                    break
    return texts
