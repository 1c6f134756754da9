"""What the API says, in the language of the page that asked: what it refuses, what it has done, and the reasons that it gives.

The API speaks English. Its sentences stand in a catalogue of their own; a part that differs each time is a `%(name)s` there.
What the catalogue lacks stays English, beside its field.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson

from py360.kit.field_errors import SUMMARY
from py360.kit.pages import LANGUAGES, Language, Pages

CATALOGUES: Final = Pages(Path(__file__).parent, "sentences")
_LISTS: Final = ("details", "failures", "results", "errors")
LONGEST: Final = 64 << 10  # bytes of an answer that is read for its sentences
LONGEST_SENTENCE: Final = 2_000  # characters
_VALUE: Final = re.compile(r"%\\\((\w+)\\\)s")
_MARK: Final = re.compile(r"%\((\w+)\)s")
Pattern = tuple[re.Pattern[str], str]


def translate(language: Language, body: bytes) -> bytes:
    """An answer of the API with its sentences in this language; as it is where it has none, or cannot be read."""
    if len(body) > LONGEST or not CATALOGUES.translated(language) or language.code == "en":
        return body
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body
    if not isinstance(answer, dict):
        return body
    say = translator(language.code)
    for part in (answer.get("error"), answer.get("data")):
        if isinstance(part, dict) and isinstance(part.get("message"), str):
            part["message"] = _sentence(say, part["message"])
            for each in _parts(part):
                each["message"] = say(each["message"])
    return orjson.dumps(answer)


def _parts(answer: dict[str, object]) -> Iterator[dict[str, str]]:
    """What an answer says of each field, or of each of several cases, mails or rows."""
    for name in _LISTS:
        listed = answer.get(name)
        for each in listed if isinstance(listed, list) else ():
            if isinstance(each, dict) and isinstance(each.get("message"), str):
                yield each


def _sentence(say: Callable[[str], str], message: str) -> str:
    """A sentence; of one that sums up what is wrong with several fields each part by itself."""
    if not message.startswith(SUMMARY):
        return say(message)
    parts = message.removeprefix(SUMMARY).removesuffix(".").split("; ")
    return f"{say(SUMMARY.rstrip(': ') + '.')} {'; '.join(_field(say, part) for part in parts)}"


def _field(say: Callable[[str], str], part: str) -> str:
    """`amount is missing`: the field's name stays, what is wrong with it is translated."""
    name, _, words = part.partition(" ")
    translated = say(words)
    return f"{name}: {translated}" if translated != words else say(part)


@lru_cache(maxsize=len(LANGUAGES))
def translator(code: str) -> Callable[[str], str]:
    """What translates a sentence of the API into a language: word for word, or by a pattern, whose values are looked up, too.

    What the catalogue does not have comes back as it was.
    """
    text = CATALOGUES.text(LANGUAGES[code])
    varied = [english for english in CATALOGUES.texts(LANGUAGES[code]) if _MARK.search(english)]
    varied.sort(key=lambda english: -len(_MARK.sub("", english)))  # what says more is tried first
    patterns: Sequence[Pattern] = [_pattern(english, text(english)) for english in varied]

    def say(message: str) -> str:
        if (exact := text(message)) != message:
            return exact
        for pattern, translation in patterns if len(message) <= LONGEST_SENTENCE else ():
            if found := pattern.fullmatch(message):
                return _MARK.sub(lambda mark, found=found: text(found[mark[1]]), translation)  # type: ignore[misc]  # bound for each round
        return message

    return say


def _pattern(english: str, translation: str) -> Pattern:
    # One part of any text, without line breaks: linear in the message.
    return re.compile(_VALUE.sub(r"(?P<\1>[^\\n]+?)", re.escape(english))), translation
