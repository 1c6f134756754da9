"""A mail's text as numbers: words, pairs of words and pieces of words, hashed into a fixed number of places.

Pieces of words (three and four letters) make spellings of Hindi in Latin letters alike: nahi, nahin, nahii. Linear in the text.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from py360.modules.inbox.classify.concepts import concepts_in

BITS: Final = 14
SIZE: Final = 1 << BITS
MAX_CHARACTERS: Final = 3_000
MAX_WORDS: Final = 220
CONCEPT_WEIGHT: Final = 6  # places that a concept takes, beside one of a word
Places = npt.NDArray[np.int64]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; digits become 0, so that numbers and dates are alike."""
    folded = unicodedata.normalize("NFC", text[:MAX_CHARACTERS]).lower()
    signs = (
        "0"
        if each.isdigit()
        else each
        if each.isalpha() or unicodedata.category(each)[0] == "M" or each == "'"
        else " "
        for each in folded
    )
    return "".join(signs).split()[:MAX_WORDS]


def _features(words: Sequence[str]) -> Iterator[str]:
    before = "^"
    for word in words:
        yield word
        yield f"{before} {word}"
        before = word
        if len(word) > 3:
            framed = f"<{word}>"
            for place in range(min(len(framed), 14) - 2):
                yield framed[place : place + 3]
                yield framed[place : place + 4]


def places_of(subject: str, text: str) -> Places:
    """The places of a mail's features, each once."""
    words = [*words_of(subject), "|", *words_of(text)][:MAX_WORDS]
    concepts = concepts_in(words)
    marks = [f"#{each}{copy}" for each in concepts for copy in range(CONCEPT_WEIGHT)]
    marks += [f"#{first}+{second}" for place, first in enumerate(concepts) for second in concepts[place + 1 :]]
    hashed = {crc32(each.encode()) & (SIZE - 1) for each in (*_features(words), *marks)}
    return np.fromiter(hashed, dtype=np.int64, count=len(hashed))
