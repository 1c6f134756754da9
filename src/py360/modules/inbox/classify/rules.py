"""What the lexicon says of a text: feeling, emotions, urgency, language, and the categories whose words are in it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from py360.modules.inbox.classify.result import Language, Scored, Urgency

_LONGEST: Final = 4  # words of a phrase
_SCALE: Final = 3.0  # points at which the score is about three quarters of its end
_DEVANAGARI: Final = ("\u0900", "\u097f")


@dataclass(frozen=True, slots=True)
class _Lexicon:
    negative: Mapping[str, int]
    positive: Mapping[str, int]
    negations: frozenset[str]
    emotions: Mapping[str, frozenset[str]]
    high: frozenset[str]
    low: frozenset[str]
    hinglish: frozenset[str]
    categories: Mapping[str, frozenset[str]]


@cache
def _lexicon() -> _Lexicon:
    held = tomllib.loads((Path(__file__).parent / "lexicon.toml").read_text())

    def weighed(groups: Mapping[str, list[str]]) -> dict[str, int]:
        return {phrase: int(weight) for weight, phrases in groups.items() for phrase in phrases}

    return _Lexicon(
        weighed(held["sentiment"]["negative"]),
        weighed(held["sentiment"]["positive"]),
        frozenset(held["negation"]["words"]),
        {name: frozenset(phrases) for name, phrases in held["emotion"].items()},
        frozenset(held["urgency"]["high"]),
        frozenset(held["urgency"]["low"]),
        frozenset(held["hinglish"]["words"]),
        {name: frozenset(phrases) for name, phrases in held["category"].items()},
    )


@dataclass(frozen=True, slots=True)
class Lexical:
    """What the lexicon finds."""

    score: float  # -1 to 1
    strength: int  # points that it rests on
    emotions: tuple[Scored, ...]
    urgency: Urgency
    language: Language
    categories: tuple[str, ...]


def grams(words: Sequence[str]) -> list[str]:
    """Every run of one to four words."""
    return [
        " ".join(words[start : start + length])
        for length in range(1, _LONGEST + 1)
        for start in range(len(words) - length + 1)
    ]


def read(words: Sequence[str], raw: str) -> Lexical:
    """What the words say; `raw` is the text as it was written, for its capitals and exclamation marks."""
    lexicon = _lexicon()
    runs = grams(words)
    present = set(runs)
    bad = sum(weight for phrase, weight in lexicon.negative.items() if phrase in present)
    good = sum(
        weight if not _is_negated(words, phrase, lexicon.negations) else -weight
        for phrase, weight in lexicon.positive.items()
        if phrase in present
    )
    shouting = _shouts(raw)
    if bad and shouting:
        bad += 2
    points = good - bad
    emotions = [
        Scored(name, min(1.0, 0.4 + 0.25 * len(phrases & present) + (0.1 if shouting else 0.0)))
        for name, phrases in lexicon.emotions.items()
        if phrases & present
    ]
    emotions.sort(key=lambda each: -each.confidence)
    urgency: Urgency = "high" if lexicon.high & present else "low" if lexicon.low & present else "medium"
    return Lexical(
        points / (abs(points) + _SCALE / 2) if points else 0.0,
        abs(good) + bad,
        tuple(emotions[:4]),
        urgency,
        language_of(words),
        tuple(name for name, phrases in lexicon.categories.items() if phrases & present),
    )


def _is_negated(words: Sequence[str], phrase: str, negations: frozenset[str]) -> bool:
    """Whether a negation stands within two words before a phrase, or behind it (as in Hindi: accha nahi)."""
    first, *rest = phrase.split(" ")
    for place, word in enumerate(words):
        if word == first and list(words[place + 1 : place + 1 + len(rest)]) == rest:
            end = place + 1 + len(rest)
            return bool(negations & {*words[max(0, place - 2) : place], *words[end : end + 1]})
    return False


def _shouts(raw: str) -> bool:
    letters = [each for each in raw[:2_000] if each.isalpha() and each.isascii()]
    capitals = sum(each.isupper() for each in letters)
    return raw.count("!") >= 3 or (len(letters) > 20 and capitals > 0.7 * len(letters))


def language_of(words: Sequence[str]) -> Language:
    """Hindi by its script, Hindi in Latin letters by its small words, else English."""
    hindi = sum(_DEVANAGARI[0] <= word[0] <= _DEVANAGARI[1] for word in words)
    if hindi * 3 >= max(1, len(words)):
        return "hi"
    mixed = sum(word in _lexicon().hinglish for word in words)
    return "hinglish" if hindi or (mixed * 6 >= max(1, len(words)) and mixed >= 2) else "en"
