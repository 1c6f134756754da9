"""The shared strings of a workbook of Office Open XML (ECMA-376 part 1, 18.4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from py360.modules.uploads.reading.formats.ooxml import local_name, parse, text_of, unescape
from py360.modules.uploads.reading.formats.package import BLOCK, Package
from py360.modules.uploads.reading.refusal import DAMAGED, Refused

_USUAL: Final = re.compile(r'<si><t(?: xml:space="preserve")?>([^<]*)</t></si>')
_FIRST: Final = re.compile(rb"<(?:[A-Za-z0-9]+:)?si[\s>/]")


class SharedStrings:
    """The shared strings of a workbook, read when the first cell asks for one."""

    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part
        self._texts: list[str] | None = None

    def texts(self) -> list[str]:
        """All of them, in order."""
        if self._texts is None:
            self._texts = list(self._read()) if self._part in self._package else []
        return self._texts

    def _read(self) -> Iterator[str]:
        rest = b""
        for block in self._package.blocks(self._part):
            text = rest + block
            cut = text.rfind(b"</si>") + 5
            if cut < 5:
                if len(text) > 64 * BLOCK:
                    raise Refused(DAMAGED)
                rest = text
                continue
            text, rest = text[:cut], text[cut:]
            found = _USUAL.findall(text.decode(errors="replace"))
            if len(found) == text.count(b"</si>") and b"<!" not in text:
                for value in found:
                    yield text_of(unescape(value) if "&" in value else value)
            else:
                yield from _strings(text.decode(errors="replace").encode())


def _strings(text: bytes) -> list[str]:
    """The strings of a block in any form: rich text in pieces, and phonetic guides, which are no part of the text."""
    found: list[str] = []
    pieces: list[str] = []
    inside = phonetic = False

    def start(tag: str, _: Mapping[str, str]) -> None:
        nonlocal inside, phonetic
        tag = local_name(tag)
        if tag == "si":
            pieces.clear()
        elif tag == "rPh":
            phonetic = True
        elif tag == "t":
            inside = not phonetic

    def end(tag: str) -> None:
        nonlocal inside, phonetic
        tag = local_name(tag)
        if tag == "si":
            found.append(text_of("".join(pieces)))
        elif tag == "rPh":
            phonetic = False
        elif tag == "t":
            inside = False

    def data(piece: str) -> None:
        if inside:
            pieces.append(piece)

    at = _FIRST.search(text)
    parse(b"<sst>" + text[at.start() if at else len(text) :] + b"</sst>", start, end, data)
    return found
