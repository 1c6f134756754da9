"""How many parts a text message has, and so what it costs (3GPP 23.038)."""

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
    """Count a text: 160 units or 153 per part in GSM-7; 70 or 67 in UCS-2."""
    units = 0
    for character in text:
        if character in _BASIC:
            units += 1
        elif character in _EXTENDED:
            units += 2
        else:
            units = len(text.encode("utf-16-be")) // 2
            return Segments("UCS-2", units, _parts(units, 70, 67), character)
    return Segments("GSM-7", units, _parts(units, 160, 153))


def _parts(units: int, single: int, each: int) -> int:
    return 1 if units <= single else -(-units // each)
