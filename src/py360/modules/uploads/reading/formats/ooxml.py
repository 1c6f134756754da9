"""What the parts of Office Open XML have in common: a parser, relationships, texts, columns (ECMA-376 part 1 and part 2)."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final
from xml.parsers import expat

from py360.modules.uploads.reading.formats.package import LARGEST_PART, Package, target_of
from py360.modules.uploads.reading.refusal import DAMAGED, TOO_MANY_PARTS, Refused
from py360.modules.uploads.reading.sheets import WIDEST

MOST_RELATIONS: Final = 20_000
_Start = Callable[[str, dict[str, str]], None]
_Text = Callable[[str], None]
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


def relations_of(package: Package, part: str) -> dict[str, tuple[str, str]]:
    """The relationships of a part: id -> type in small letters, target."""
    folder, _, name = part.rpartition("/")
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if local_name(tag) == "Relationship":
            if len(found) >= MOST_RELATIONS:
                raise Refused(
                    TOO_MANY_PARTS,
                    f"This workbook lists more than {MOST_RELATIONS:,} relationships. Copy its list into a new workbook.",
                )
            kind, target = attributes.get("Type", "").casefold(), attributes.get("Target", "")
            found[attributes.get("Id", "")] = (kind, target_of(part, target))

    path = f"{folder}/_rels/{name}.rels".lstrip("/")
    if path in package:
        parse(package.read(path, LARGEST_PART // 8), start)
    return found


def main_part(package: Package, ending: str) -> str | None:
    """The workbook part of a package, wherever it lies: where the package's own relationships lead, or by its usual name."""
    named = None
    if "_rels/.rels" in package:
        found = relations_of(package, "").values()
        named = next((to for kind, to in found if kind.endswith("/officedocument")), None)
    usual = f"xl/workbook{ending}"
    for part in (named, usual):
        if part and part in package and part.endswith(ending):
            return part
    others = (name for name in sorted(package.names) if name.startswith("xl/workbook") and name.endswith(ending))
    return next(others, None)


def parse(text: bytes, start: _Start | None, end: _Text | None = None, data: _Text | None = None) -> None:
    """Parse XML; a document type, which may declare entities, is refused."""
    parser = new_parser(start, end, data)
    parser.Parse(text, True)


def new_parser(
    start: _Start | None, end: _Text | None = None, data: _Text | None = None, encoding: str | None = None
) -> expat.XMLParserType:
    """A parser that calls back; names keep their prefixes, and `encoding` wins over what the text declares."""
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_document_type
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    return parser


def _no_document_type(*_: object) -> None:
    raise Refused(DAMAGED)


def local_name(tag: str) -> str:
    """A tag or attribute without its prefix."""
    return tag.rpartition(":")[2]


def text_of(value: str) -> str:
    """A text of a cell: characters that XML cannot hold are written `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), value) if "_x" in value else value


def unescape(value: str) -> str:
    """The text behind XML's own escapes, in a block that has nothing but text and these."""
    texts: list[str] = []
    new_parser(None, None, texts.append).Parse(f"<t>{value}</t>", True)
    return "".join(texts)


@lru_cache(maxsize=WIDEST * 2)
def column_of(letters: str) -> int:
    """A column from 0: A, B, ... Z, AA."""
    column = 0
    for letter in letters.encode():
        column = column * 26 + letter - 64
    return column - 1
