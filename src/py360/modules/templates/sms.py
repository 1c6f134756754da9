"""How many parts a text message has, and so what it costs (3GPP 23.038, 23.040)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class Segments:
    """A text's encoding, its length in that encoding's units, and its parts; `culprit` forced the costly encoding."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    culprit: str | None = None


def segments(text: str) -> Segments:
    """Count a text: 160 units or 153 per part in GSM-7; 70 or 67 in UCS-2.

    A character of two units (`€`, an emoji) is never cut: it moves to the next part as a whole. Only the basic tables count;
    the shift tables of single languages, which few handsets and operators know, are not used.
    """
    culprit = next((each for each in text if each not in _BASIC and each not in _EXTENDED), None)
    if culprit is None:
        sizes = [2 if each in _EXTENDED else 1 for each in text]
        return Segments("GSM-7", sum(sizes), _parts(sizes, 160, 153))
    sizes = [2 if ord(each) > 0xFFFF else 1 for each in text]
    return Segments("UCS-2", sum(sizes), _parts(sizes, 70, 67), culprit)


def _parts(sizes: Sequence[int], single: int, each: int) -> int:
    if sum(sizes) <= single:
        return 1
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return parts
