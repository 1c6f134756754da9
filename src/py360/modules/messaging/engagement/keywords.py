"""Words by which people say stop or start, in the languages of our customers (`stop_words.toml`).

The rule. A message is an opt-out when one of its sentences is nothing but a request to stop: a word or phrase of the lists,
with polite words and the thing that is to stop beside it ("Stop.", "STOP ✋", "please stop these messages", "बंद करो",
"I have paid. Stop"). A sentence with any other word is not: "please don't stop", "when does it end?". Words that also mean
other things ("cancel", "end", "no") count only as the whole message. Start must be the whole message, always.

A keyword that stands first in capitals, with nothing behind it but names or numbers, is the keyword that we asked for, with
who writes ("STOP Asha Patil", "STOP 98200 12345"); so is one behind a name ("Asha STOP").

In doubt we stop: a customer who is stopped by mistake can write START, but one who is written to after a STOP has been
wronged. For the same reason a doubtful START is not one.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Final, Literal

Meaning = Literal["stop", "start"]
LONGEST: Final = 2_000  # characters that are looked at; a request to stop is short
LONGEST_REQUEST: Final = 15  # words beside the polite ones; no phrase of the lists is as long
LONGEST_NAME: Final = 3  # words
_SENTENCE_ENDS: Final = frozenset(".!?,;:\n\r।॥…،؛؟۔|—–、。！？")
# Words behind which a sentence says something else: what happens otherwise, or who writes.
_TURNS: Final = frozenset(["or", "otherwise", "else", "warna", "varna", "वरना", "वर्ना", "ورنہ", "regards", "rgds"])
# "But" in their languages, as they are folded: "Good service but stop messaging me".
_CONTRASTS: Final = frozenset(
    ["but", "lekin", "magar", "लेकिन", "मगर", "पण", "لیکن", "مگر", "কিংতু", "କିଂତୁ", "પણ", "ਪਰ", "ஆனால்", "కానీ", "ಆದರೆ", "പക്ഷേ"]
)
_NUMBERED: Final = frozenset(["phone", "whatsapp"])
# What a phone writes when its owner taps an answer on a text message: Liked “Your renewal … Reply STOP”, 👍 to “…”.
_REACTIONS: Final = frozenset(
    ["to", "liked", "loved", "disliked", "laughed", "emphasized", "emphasised", "questioned", "reacted", "removed"]
)
_STOP_SIGNS: Final = frozenset("🛑⛔🚫")  # alone they say what the word says
_INDIC_BLOCKS: Final = (0x0900, 0x0980, 0x0A00, 0x0A80, 0x0B00, 0x0C00, 0x0C80, 0x0D00)
_NASALS: Final = (0x19, 0x1E, 0x23, 0x28, 0x2E)  # nga, nya, nna, na, ma: places in each of these blocks
_CANDRABINDU: Final = 0x01
_ANUSVARA: Final = 0x02
_VIRAMA: Final = 0x4D
# Combining classes: overlays, nukta, vowel signs of Arabic, accents.
_MARKS_THAT_DIFFER: Final = (1, 7, *range(27, 37), *range(202, 241))
_SAME_LETTER: Final = {
    **{ord(chillu): base + "്" for chillu, base in zip("ൺൻർൽൾൿ", "ണനരലളക", strict=True)},
    **dict.fromkeys(map(ord, "يىېے"), "ی"),
    **dict.fromkeys(map(ord, "هھةۃۂ"), "ہ"),
    ord("ك"): "ک",
    ord("ৰ"): "র",
    0x0A70: "\u0a02",  # Gurmukhi tippi, bindi
    0x0A71: "",  # Gurmukhi addak, often left out
    0x0640: "",  # Arabic tatweel
    **{
        ord(alike): letter
        for alike, letter in zip("аеорсхуіѕтАЕОРСХУІЅТοΟτΤρΡ", "aeopcxyistaeopcxyistoottpp", strict=True)
    },
    **{
        ord(small): letter for small, letter in zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz", strict=True)
    },
    0x115F: " ",  # Hangul fillers, which look like nothing
    0x1160: " ",
    **{
        start + place: chr(97 + place) for start in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)
    },  # letters as emoji
}


_SIGNS_FOR_LETTERS: Final = str.maketrans("05$@", "ossa")  # ST0P, 5TOP
_UNSUBSCRIBE: Final = ("unsub", "unsusc")  # however the rest is spelled
_ASCII_LETTERS: Final = {place: "" if chr(place) in "'`" else " " for place in range(128) if not chr(place).isalpha()}


def meaning(*texts: str) -> Meaning | None:
    """What a message asks for. Several texts are several spellings of one answer, such as a button's label and its payload;
    a stop in any of them counts."""
    found = {_meaning(spelling) for text in texts for spelling in dict.fromkeys(_spellings(_own(text[:LONGEST])))}
    return "stop" if "stop" in found else "start" if "start" in found else None


def _own(text: str) -> str:
    """A text without the lines that it quotes (`> Reply STOP`), when it says anything else, and without what it reacts to."""
    before, _, quoted = text.partition("“")
    if quoted.rstrip(" \u200a\u200b").endswith("”") and (_tokens(before) or [""])[0] in _REACTIONS:
        return before
    if ">" not in text:
        return text
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    return own if any(map(str.isalnum, own)) else text


def _spellings(text: str) -> tuple[str, ...]:
    """Emoji may be letters (🅂🅃🄾🅿) or are beside the word (🆗 stop, 🇮🇳 stop), digits may stand for letters, and a non-joiner for
    the space between two words of Urdu."""
    without = "".join(" " if unicodedata.category(each)[0] == "S" else each for each in text)
    return text, without, text.translate(_SIGNS_FOR_LETTERS), text.replace("\u200c", " ")


def _meaning(text: str) -> Meaning | None:
    signs = {each for each in fold(text) if not each.isspace() and unicodedata.category(each) not in ("Sk", "Po")}
    if signs and signs <= _STOP_SIGNS:
        return "stop"
    words, tokens = _vocabulary(), _tokens(text)
    if words.is_stop(tokens, whole=True):
        return "stop"
    for sentence in _sentences(text.replace(" - ", ". ")):
        request = _tokens(sentence)
        turn = next((place for place, token in enumerate(request) if token in _TURNS), len(request))
        clauses = request, request[:turn], request[_behind_contrast(request) : turn]
        if any(words.is_stop(clause, whole=False) for clause in clauses):
            return "stop"
    if _is_keyword_with_a_name([word for part in text.split() if (word := part.strip("()[]'\"-–—+"))], words):
        return "stop"
    return "start" if words.is_start(tokens) else None


def _behind_contrast(request: Sequence[str]) -> int:
    """Where the part of a sentence begins that is behind its last "but"."""
    return max((place + 1 for place, token in enumerate(request) if token in _CONTRASTS), default=0)


def _is_keyword_with_a_name(written: Sequence[str], words: "_Vocabulary") -> bool:
    """Whether a message is a keyword in capitals and a name or number. Capitals in front of it ("DO NOT STOP") are no name."""
    others = {token for word in written for token in _tokens(word)} & words.never_names
    if others or not 2 <= len(written) <= LONGEST_NAME + 1:
        return False
    first, last = (word.isupper() and tuple(_tokens(word)) in words.stop for word in (written[0], written[-1]))
    behind = first and all(word[0].isupper() or word[0].isdigit() for word in written[1:])
    return behind or (last and all(word.istitle() for word in written[:-1]))


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """The lists of all languages together; phrases as tuples of folded words."""

    stop: frozenset[tuple[str, ...]]
    weak: frozenset[tuple[str, ...]]
    refusal: frozenset[tuple[str, ...]]
    start: frozenset[tuple[str, ...]]
    polite: frozenset[str]
    beside: frozenset[str]
    objects: frozenset[str]
    about: frozenset[str]

    @property
    def never_names(self) -> frozenset[str]:
        """Words that are no part of a customer's name: what messages are about, and "not"."""
        return self.about | {token for phrase in self.refusal for token in phrase}

    def is_stop(self, tokens: Sequence[str], *, whole: bool) -> bool:
        """Whether these words are a request to stop and nothing else; `whole`: they are all the message says."""
        requests = self.stop | self.weak if whole else self.stop
        if tuple(tokens) in requests:
            return True
        core = _once([token for token in tokens if token not in self.polite and token not in self.beside])
        if self._is(core, requests, tokens):
            return True
        if not any(token in self.objects for token in core):
            return False
        rest = _once([token for token in core if token not in self.objects and token not in self.about])
        return self._is(rest, requests | self.refusal, tokens)

    def is_start(self, tokens: Sequence[str]) -> bool:
        """Whether these words ask for messages again and say nothing else."""
        rest = [token for token in tokens if token not in self.polite]
        return _once(rest) in self.start or _once([each for each in rest if each not in self.objects]) in self.start

    def _is(self, core: tuple[str, ...], phrases: frozenset[tuple[str, ...]], tokens: Sequence[str]) -> bool:
        """A phrase itself, or one whose own polite words ("do not send") went with the others."""
        if not core or len(core) > LONGEST_REQUEST:
            return False
        return core in phrases or all((token,) in self.stop for token in core) or core in self._bare(phrases, tokens)

    def _bare(self, phrases: frozenset[tuple[str, ...]], tokens: Sequence[str]) -> set[tuple[str, ...]]:
        """The phrases that are in the message, without the words that may be beside them."""
        words = set(tokens)
        return {
            tuple(each for each in phrase if each not in self.polite and each not in self.beside)
            for phrase in phrases
            if len(phrase) > 1 and words.issuperset(phrase)
        }


@cache
def _vocabulary() -> _Vocabulary:
    languages = tomllib.loads((Path(__file__).parent / "stop_words.toml").read_text(encoding="utf-8")).values()

    def phrases(kind: str) -> frozenset[tuple[str, ...]]:
        return frozenset(tuple(_tokens(phrase)) for language in languages for phrase in language.get(kind, ()))

    def words(kind: str) -> frozenset[str]:
        return frozenset(token for phrase in phrases(kind) for token in phrase)

    return _Vocabulary(
        phrases("stop"),
        phrases("weak"),
        phrases("refusal"),
        phrases("start"),
        words("polite"),
        words("beside"),
        words("objects"),
        words("about"),
    )


def _once(tokens: Sequence[str]) -> tuple[str, ...]:
    """Words without immediate repeats: STOP STOP STOP."""
    return tuple(token for token, _ in groupby(tokens))


def _sentences(text: str) -> Iterator[str]:
    """The parts of a text between full stops, commas, line breaks and the like."""
    part: list[str] = []
    for character in text:
        if character in _SENTENCE_ENDS:
            yield "".join(part)
            part = []
        else:
            part.append(character)
    yield "".join(part)


def _tokens(text: str) -> list[str]:
    """The words of a text in one spelling; letters written apart (S T O P, S.T.O.P) are one word."""
    words = "".join(_letters(fold(text))).split()
    tokens: list[str] = []
    for apart, run in groupby(words, lambda word: len(word) == 1 and word.isascii()):
        letters = list(run)
        tokens += ["".join(letters)] if apart and len(letters) > 2 else letters
    corrected = [_corrected(token) for token in tokens]
    # "Phone no. 98200 12345": a number, no refusal
    return [
        "number" if token == "no" and before in _NUMBERED else token for before, token in pairwise(["", *corrected])
    ]


def _letters(text: str) -> Iterator[str]:
    """Letters and the vowel signs of Indian scripts; all else is a space, an apostrophe nothing."""
    if text.isascii():
        yield text.translate(_ASCII_LETTERS)
        return
    for character in text:
        if character not in "'’‘`´":
            yield character if unicodedata.category(character)[0] in "LM" else " "


def _corrected(word: str) -> str:
    """`stoooop` is `stop`: a letter of a Latin word that is repeated three times or more stands once. `unsubcirbe` is clear, too."""
    if word.startswith(_UNSUBSCRIBE):
        return "unsubscribe"
    if not word.isascii() or len(word) - len(set(word)) < 2:
        return word
    runs = ((letter, len(list(run))) for letter, run in groupby(word))
    return "".join(letter if length > 2 else letter * length for letter, length in runs)


def fold(text: str) -> str:
    """A text in one spelling: width, case, accents, nukta, joiners, emoji marks and nasals no longer differ."""
    if text.isascii():
        return text.lower()  # nothing else applies to it
    text = unicodedata.normalize("NFKC", text.translate(_SAME_LETTER)).casefold()
    text = unicodedata.normalize("NFD", text).translate(_SAME_LETTER)
    return "".join(_one_nasal([each for each in text if not _is_invisible(each)]))


def _is_invisible(character: str) -> bool:
    """Joiners, direction marks, variation selectors, keycaps, and marks that people leave out."""
    if character == "\u034f" or unicodedata.category(character) in {"Cf", "Me"} or 0xFE00 <= ord(character) <= 0xFE0F:
        return True
    return 0xE0100 <= ord(character) <= 0xE01EF or unicodedata.combining(character) in _MARKS_THAT_DIFFER


def _one_nasal(characters: Sequence[str]) -> Iterable[str]:
    """A nasal without its vowel is written as anusvara by many: बन्द, बंद."""
    skip = False
    for character, following in zip(characters, [*characters[1:], ""], strict=False):
        if skip:
            skip = False
            continue
        block, place = ord(character) & ~0x7F, ord(character) & 0x7F
        if block in _INDIC_BLOCKS and place == _CANDRABINDU:
            yield chr(block + _ANUSVARA)
        elif block in _INDIC_BLOCKS and place in _NASALS and following == chr(block + _VIRAMA):
            skip = True
            yield chr(block + _ANUSVARA)
        else:
            yield character
