"""What a file is, recognised by its content and never by its name; what is wrong or too large is refused here, unparsed."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from py360.modules.uploads.reading.formats import xlsb, xlsx
from py360.modules.uploads.reading.formats.encodings import encoding_of
from py360.modules.uploads.reading.formats.package import MEGABYTE, Package
from py360.modules.uploads.reading.refusal import EMPTY, ENCRYPTED, TOO_LARGE, WRONG_TYPE, Refused
from py360.modules.uploads.reading.sheets import Limits

_BLOCK: Final = 1 << 20
_ZIP: Final = b"PK\x03\x04"
_BEFORE_ZIP: Final = 64
_COMPOUND: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_DEFAULT_PASSWORD: Final = "VelvetSweatshop"  # [MS-OFFCRYPTO] 2.1.1: known to everybody
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_BLANK: Final = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # what may be before the first tag, in any encoding
_LOOK: Final = 64 << 10
_FEW_ODD: Final = 3  # control characters that any text may have caught
_NOT_TABLES: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")
_TAG: Final = re.compile(r"<(?:\w{1,40}:)?(\w{1,40})")
_PAGE: Final = frozenset(
    [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "link",
        "script",
        "body",
        "table",
        "thead",
        "tbody",
        "tr",
        "center",
        "div",
        "font",
        "form",
        "span",
        "b",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "br",
    ]
)
_BOOK: Final = "urn:schemas-microsoft-com:office:spreadsheet"


class Kind(StrEnum):
    """The kinds of file that are read. `.xlsm` is XLSX whose macros are left out."""

    XLSX = "xlsx"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"
    HTML = "html"
    XML = "xml"
    TEXT = "csv"


ZIPPED: Final = frozenset({Kind.XLSX, Kind.XLSB, Kind.ODS})


class Recognised(NamedTuple):
    """What a file is, and where its content lies: in itself, or in the copy that was made of it without its password."""

    kind: Kind
    path: Path


def recognise(path: Path, folder: Path, limits: Limits) -> Recognised:
    """The kind of a file. Raises Refused when it is empty, too large, protected or no table at all."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(_BLOCK)
    if not start.strip(b"\x00\r\n\t ,;\xef\xbb\xbf"):
        raise Refused(EMPTY)
    if start[:_BEFORE_ZIP].lstrip(_BLANK).startswith(_ZIP):  # a server may have written a line or a mark before it
        found = Recognised(_zipped(path, limits), path)
    elif start.startswith(_COMPOUND):
        _check_size(size, limits.max_workbook_bytes)
        found = _compound(path, folder, limits)
    else:
        found = Recognised(_text(start), path)
    _check_size(size, _most_bytes(found.kind, limits))
    return found


def _most_bytes(kind: Kind, limits: Limits) -> int:
    if kind is Kind.TEXT:
        return limits.max_text_bytes
    return limits.max_unpacked_bytes if kind in (Kind.HTML, Kind.XML) else limits.max_workbook_bytes


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise Refused(
            TOO_LARGE,
            f"This file has {size / MEGABYTE:,.0f} MB; at most {most / MEGABYTE:,.0f} MB are accepted. Split it.",
        )


def _zipped(path: Path, limits: Limits) -> Kind:
    package = Package(path, limits.max_unpacked_bytes)
    if "content.xml" in package:
        manifest = package.read("META-INF/manifest.xml")[:_BLOCK] if "META-INF/manifest.xml" in package else b""
        if b"encryption-data" in manifest:
            raise Refused(ENCRYPTED)
        if b"spreadsheet" in manifest or b"spreadsheet" in package.open("content.xml").read(_BLOCK):
            return Kind.ODS
    if xlsb.is_xlsb(package):
        return Kind.XLSB
    if xlsx.is_xlsx(package):
        return Kind.XLSX
    raise Refused(WRONG_TYPE)


def _compound(path: Path, folder: Path, limits: Limits) -> Recognised:
    from py360.modules.uploads.reading.formats import unlock

    with path.open("rb") as file:
        office = unlock.office_file(file)
        if office is None:
            raise Refused(WRONG_TYPE)
        if not office.is_encrypted():
            if office.format != "xls97":
                raise Refused(WRONG_TYPE)
            return Recognised(Kind.XLS, path)
        unlocked = folder / f"{path.name}-unlocked"
        unlock.unlock(office, unlocked)
    return Recognised(Kind.XLS if office.format == "xls97" else _zipped(unlocked, limits), unlocked)


def _text(start: bytes) -> Kind:
    if start.startswith(_NOT_TABLES):
        raise Refused(WRONG_TYPE)
    odd = sum(start.count(byte) for byte in (*range(9), *range(14, 27), *range(28, 32)))
    zeros_in_pairs = start[1::2].count(0) > len(start) // 8 or start[::2].count(0) > len(start) // 8
    if odd > max(_FEW_ODD, len(start) // 200) and not zeros_in_pairs and not start.startswith(_UTF16):
        raise Refused(WRONG_TYPE)
    if start.lstrip(_BLANK).startswith(b"<"):
        return _markup(start[:_LOOK].decode(encoding_of(start), errors="replace")) or Kind.TEXT
    return Kind.TEXT


def _markup(text: str) -> Kind | None:
    """A web page or Excel's XML, which portals call .xls; None where the text is neither."""
    text = text.lstrip("\ufeff \t\r\n")
    root = _root_of(text)
    if root == "workbook" and _BOOK in text:
        return Kind.XML
    if root in _PAGE:
        return Kind.HTML
    if text.startswith(("<?xml", "<!DOCTYPE")):
        raise Refused(
            WRONG_TYPE,
            "This is XML of a kind that we do not read. Open it in your spreadsheet program and save it as .xlsx.",
        )
    return None


def _root_of(text: str) -> str:
    """The first tag behind comments, processing instructions and a document type."""
    at = 0
    while True:
        at += len(text[at : at + 1_000]) - len(text[at : at + 1_000].lstrip("\ufeff \t\r\n"))
        for opening, closing in (("<!--", "-->"), ("<?", "?>"), ("<!", ">")):
            if text.startswith(opening, at):
                end = text.find(closing, at + len(opening))
                if end < 0:
                    return ""
                at = end + len(closing)
                break
        else:
            found = _TAG.match(text, at)
            return found[1].lower() if found else ""
