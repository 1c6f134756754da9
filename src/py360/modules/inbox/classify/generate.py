"""Mails for training and for the test, made from the sentences of `corpus.toml` with a seed.

The split is by sentence, not by mail: a test mail holds no sentence that any training mail holds, only the fillings (names,
products, cities), greetings and closings are shared. Numbers on such mails say how the classifier does on wordings that it
has not seen. They are an upper bound for real mails: those are longer and less tidy, and the sentences were written by the
same hand as the lexicon.
"""

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from py360.modules.inbox.classify.result import INTENTS, Language

SEED: Final = 360
HELD_OUT: Final = 3  # every third sentence
LANGUAGES: Final[tuple[Language, ...]] = ("en", "hi", "hinglish")
_FILE: Final = Path(__file__).parent / "corpus.toml"
_SUBJECTS: Final = (
    "Policy {policy}",
    "Regarding my policy",
    "Re: Your policy {policy}",
    "Query",
    "Renewal {policy}",
    "",
)
Sentences = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Example:
    """A made mail, and what it is."""

    subject: str
    text: str
    language: Language
    intent: str
    category: str
    sentiment: str


@dataclass(frozen=True, slots=True)
class _Corpus:
    intents: Sentences
    categories: Sentences
    sentiments: Sentences
    fill: Mapping[str, Sequence[str]]
    greetings: Mapping[str, Sequence[str]]
    closings: Mapping[str, Sequence[str]]


def _read() -> _Corpus:
    held = tomllib.loads(_FILE.read_text())
    return _Corpus(held["intent"], held["category"], held["sentiment"], held["fill"], held["greeting"], held["closing"])


def examples(count: int, *, held_out: bool, seed: int = SEED) -> Iterator[Example]:
    """So many mails, evenly over intents and languages; the same for the same seed."""
    chance = random.Random(f"{seed} {held_out}")
    corpus = _read()
    for place in range(count):
        intent = INTENTS[place % len(INTENTS)]
        language = LANGUAGES[place // len(INTENTS) % len(LANGUAGES)]
        yield _example(chance, corpus, intent, language, held_out)


def _example(chance: random.Random, corpus: _Corpus, intent: str, language: Language, held_out: bool) -> Example:
    sentiment = chance.choices(("negative", "neutral", "positive"), (0.3, 0.45, 0.25))[0]
    if intent == "satisfaction_feedback":
        sentiment = "positive"
    category = chance.choices((*corpus.categories, "uncategorized"), (*([0.125] * len(corpus.categories)), 0.5))[0]
    if intent == "satisfaction_feedback":
        category = chance.choice(("feedback", "uncategorized"))
    middle = [_pick(chance, corpus.intents[intent][language], held_out)]
    if not held_out:
        middle = [_thinned(chance, middle[0])]
    if category != "uncategorized":
        middle.append(_pick(chance, corpus.categories[category][language], held_out))
    if sentiment != "neutral" or chance.random() < 0.5:
        middle.append(_pick(chance, corpus.sentiments[sentiment][language], held_out))
    chance.shuffle(middle)
    parts = [chance.choice(corpus.greetings[language]), *middle, chance.choice(corpus.closings[language])]
    text = _filled(chance, corpus, "\n".join(part for part in parts if part))
    return Example(
        _filled(chance, corpus, chance.choice(_SUBJECTS)),
        _typed(chance, text, language),
        language,
        intent,
        category,
        sentiment,
    )


def _pick(chance: random.Random, sentences: Sequence[str], held_out: bool) -> str:
    return chance.choice(
        [each for place, each in enumerate(sentences) if (place % HELD_OUT == HELD_OUT - 1) == held_out]
    )


def _thinned(chance: random.Random, sentence: str) -> str:
    """A sentence of a training mail without some of its words, so that no single one is relied on."""
    words = sentence.split()
    kept = [word for word in words if chance.random() > 0.15]
    return " ".join(kept if len(kept) > 2 else words)


def _filled(chance: random.Random, corpus: _Corpus, text: str) -> str:
    values = {
        "policy": f"POL-{chance.randint(10_000, 999_999)}",
        "claim": f"CLM-2026-{chance.randint(1, 9_999):06}",
        "amount": chance.choice(("Rs. {}", "₹{}", "{} rupees", "{}/-")).format(chance.randint(2_000, 60_000)),
        "date": f"{chance.randint(1, 28)} {chance.choice(('January', 'March', 'June', 'October', 'December'))}",
        **{name: chance.choice(choices) for name, choices in corpus.fill.items()},
    }
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def _typed(chance: random.Random, text: str, language: Language) -> str:
    """As people type: all small, all capitals, a letter missing, Hindi in Latin letters spelled as one likes."""
    way = chance.random()
    if way < 0.2:
        text = text.lower()
    elif way < 0.25:
        text = text.upper()
    if language == "hinglish":
        for usual, other in (
            ("nahi", "nhi"),
            ("hoon", "hu"),
            ("kyun", "kyu"),
            ("bahut", "bohot"),
            ("mein", "me"),
            ("aur", "or"),
        ):
            if chance.random() < 0.3:
                text = text.replace(usual, other)
    if chance.random() < 0.25:
        place = chance.randrange(len(text))
        text = text[:place] + text[place + 1 :]
    return text
