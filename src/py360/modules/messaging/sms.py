"""What a text message says, and how many parts it has, and so what it costs (3GPP 23.038)."""

from dataclasses import dataclass
from typing import Final, Literal

from py360.modules.messaging.compiling import compile_message
from py360.modules.messaging.messages import Outgoing

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


def text_of(outgoing: Outgoing, message_id: int, tracked: bool) -> str:
    """The text as it leaves: the links in it carry the message's number."""
    if outgoing.template is None:
        return outgoing.body or ""
    return compile_message(outgoing).message(message_id, outgoing.values, tracked).text


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
