"""Headers of an e-mail within the standard: lines of at most 76 characters where there are encoded words (RFC 2047), never more
than 998 (RFC 5322), addresses outside of encoded words, and no line break that a text brings along."""

from base64 import b64encode
from email.utils import parseaddr
from typing import Final

LINE: Final = 76
_SPECIALS: Final = frozenset('()<>[]:;@\\,."')
_LONGEST_WORD: Final = 900  # characters without a space, in a line of at most 998


def _clean(text: str) -> str:
    """On one line, without control characters. Joiners stay: Indian scripts and emoji are written with them."""
    return " ".join("".join(each if each >= " " and not "\x7f" <= each <= "\x9f" else " " for each in text).split())


def _encoded(text: str, used: int) -> str:
    """RFC 2047 words on lines of 76; `used` characters of the first one are taken. A word ends at a space where it can: some
    readers take the line break between two words for a space."""
    words: list[str] = []
    chunk, room = b"", _bytes_in(LINE - used)
    for piece in _pieces(text):
        encoded = piece.encode("utf-8", "replace")
        if chunk and len(chunk) + len(encoded) > room:
            words.append(f"=?utf-8?B?{b64encode(chunk).decode()}?=")
            chunk, room = b"", _bytes_in(LINE - 1)
        for character in piece if len(encoded) > room else (piece,):
            part = character.encode("utf-8", "replace")
            if chunk and len(chunk) + len(part) > room:
                words.append(f"=?utf-8?B?{b64encode(chunk).decode()}?=")
                chunk, room = b"", _bytes_in(LINE - 1)
            chunk += part
    words.append(f"=?utf-8?B?{b64encode(chunk).decode()}?=")
    return "\r\n ".join(words)


def _pieces(text: str) -> list[str]:
    """The words of a text, each with the space behind it."""
    first, *rest = reversed(text.split(" "))
    return [*(f"{word} " for word in reversed(rest)), first]


def _bytes_in(characters: int) -> int:
    """How many bytes an encoded word of so many characters (75 at most) holds; at least one character of any script."""
    return max(4, (min(characters, 75) - len("=?utf-8?B??=")) // 4 * 3)


def _folded(text: str, used: int) -> str:
    """ASCII text on lines of 76, folded at spaces."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and used + len(line) + 1 + len(word) > LINE:
            lines.append(line)
            line, used = word, 1
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])


def text_header(name: str, text: str) -> str:
    """`Name: text`, folded; encoded where it is not plain ASCII."""
    text, used = _clean(text), len(name) + 2
    plain = text.isascii() and "=?" not in text and all(len(word) < _LONGEST_WORD for word in text.split(" "))
    return f"{name}: {_folded(text, used) if plain else _encoded(text, used)}"


def address_header(name: str, display_name: str, address: str) -> str:
    """`Name: display name <address>`; the address always is outside of the encoded words."""
    display_name, used = _clean(display_name), len(name) + 2
    if not display_name:
        return f"{name}: {address}"
    if not display_name.isascii() or "=?" in display_name or len(display_name) > LINE - used - 4:
        shown = _encoded(display_name, used)
    elif _SPECIALS & set(display_name):
        shown = '"' + display_name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        shown = display_name
    return f"{name}: {shown}\r\n <{address}>"


def split_address(text: str) -> tuple[str, str]:
    """The display name and the address of `Name <address>`, or of a bare address."""
    text = _clean(text)
    if text.endswith(">") and "<" in text:
        shown, _, address = text[:-1].rpartition("<")
        return shown.strip().strip('"'), address.strip()
    return parseaddr(text) if " " in text else ("", text)
