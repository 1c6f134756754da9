"""The encoding of a text: recognised by its marks and bytes, never by its worst byte alone.

A text that is UTF-8 but for some bytes stays UTF-8; those bytes are read in the one-byte encoding that fits them best, or
become U+FFFD where they are what is left of a longer letter. Of the one-byte encodings the one wins whose letters and
marks stand where people write such letters and marks.
"""

import codecs
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

BLOCK: Final = 1 << 20
SAMPLE: Final = 256 << 10
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONE_BYTE: Final = ("cp1252", "mac_roman", "cp850", "cp437")
_MARKS_IN_WORDS: Final = frozenset("’‘'")
_MARKS: Final = frozenset("“”„‘’–—…•·€£₹°®™©«»½¼¾¹²³×\u00a0§")
_USUAL_LETTERS: Final = frozenset("éèëáàäíóöúüñçãõÉÈËÁÀÄÍÓÖÚÜÑÇÃÕ")
_FIRST_LETTER: Final = 0xC0  # of Windows' letters beyond ASCII; in UTF-8 two such bytes never follow each other
_MOST_OF_WINDOWS: Final = 3
_MOST_PLACES: Final = 20_000
_REPLACEMENT: Final = "\ufffd"


def encoding_of(sample: bytes, declared: str | None = None) -> str:
    """The encoding of a text by a part of it; where its bytes leave it open, the one that it declares.

    `utf-8` of a damaged text is meant with the error handler of `decoder`.
    """
    for mark, name in _BOMS:
        if sample.startswith(mark):
            return name
    if sample[1::2].count(0) > len(sample) // 8:
        return "utf-16-le"
    if sample[::2].count(0) > len(sample) // 8:
        return "utf-16-be"
    letters, strays = _utf8_letters(sample)
    if not strays or letters > len(strays):
        return "utf-8"
    if declared not in (None, "utf-8"):
        return declared
    return _best_of_one_byte(sample, strays)


def _utf8_letters(sample: bytes) -> tuple[int, list[int]]:
    """How many letters of several bytes are written as UTF-8, and where bytes stand that are not."""
    strays: list[int] = []
    text = sample.decode("utf-8", errors="surrogateescape")
    if text.isascii():
        return 0, strays
    letters = at = 0
    for char in text:
        code = ord(char)
        if code < 0x80:
            at += 1
        elif 0xDC80 <= code <= 0xDCFF:
            strays.append(at)
            at += 1
        else:
            letters += 1
            at += 2 if code < 0x800 else 3 if code < 0x10000 else 4
    if strays and len(sample) >= 4 and strays[-1] >= len(sample) - 3 and len(strays) <= 3:
        strays = [place for place in strays if place < len(sample) - 3]  # a letter that the end of the sample cuts
    return letters, strays


def _best_of_one_byte(sample: bytes, strays: list[int]) -> str:
    """The encoding in which most of the bytes beyond ASCII stand as people write."""
    places = Counter(sample[max(at - 1, 0) : at + 2] for at in strays[:_MOST_PLACES] if at)
    return max(_ONE_BYTE, key=lambda name: sum(_fitness(name, place) * times for place, times in places.items()))


def _fitness(encoding: str, place: bytes) -> float:
    """How well the middle one of three bytes reads in an encoding: 1 well, 0 maybe, -1 badly."""
    text = place.decode(encoding, errors="replace").ljust(3)
    before, char, behind = text[0], text[1], text[2]
    if char in _MARKS_IN_WORDS and before.isalpha() and behind.isalpha():
        return 1
    if char in "–—•…°" and not (before.isalpha() and behind.isalpha() and before.islower()):
        return 1 if before in ' \t,;"(0123456789' or char in "…°" else 0.5
    if char in _MARKS:
        return 0.5 if not (before.isalpha() and behind.isalpha()) else -0.5
    if not char.isalpha() or char in "ªºƒµﬁﬂıΩπ∂∏∑":
        return -1
    if not before.isalpha() and not behind.isalpha():
        return -1  # a letter alone between spaces
    well = 1.25 if char in _USUAL_LETTERS else 1.0
    if char.islower():
        return well if (not before.isalpha() or before.islower()) and (not behind.isalpha() or behind.islower()) else -1
    return well if not before.isalpha() or before.isupper() else -1


def _by_neighbours(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8: alone among plain letters as Windows wrote them, else as a damaged letter."""
    assert isinstance(error, UnicodeDecodeError)
    data, start, end = error.object, error.start, error.end
    run = end
    while run < len(data) and run - start < _MOST_OF_WINDOWS and data[run] >= _FIRST_LETTER:
        run += 1
    alone = end - start == 1 and (run == end or data[start] >= _FIRST_LETTER)
    if alone and data[start - 1 : start].isascii() and data[run : run + 1].isascii():
        return data[start:run].decode("cp1252", errors="replace"), run
    return _REPLACEMENT, end


codecs.register_error("by-neighbours", _by_neighbours)


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """A decoder that takes any bytes."""
    return codecs.getincrementaldecoder(encoding)(errors="by-neighbours" if encoding.startswith("utf-8") else "replace")


def decode(data: bytes, encoding: str) -> str:
    """A whole text."""
    return data.decode(encoding, errors="by-neighbours" if encoding.startswith("utf-8") else "replace")


def sample_of(path: Path) -> bytes:
    """The part of a file in which its first letters beyond ASCII stand."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
        while sample.isascii() and (further := file.read(SAMPLE)):
            sample = further
    return sample


def utf8_blocks(path: Path, declared: str | None = None) -> Iterator[bytes]:
    """A file as UTF-8, block by block, whatever it declares itself to be."""
    reader = decoder(encoding_of(sample_of(path), declared))
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield reader.decode(block).encode(errors="replace")
    yield reader.decode(b"", final=True).encode(errors="replace")
