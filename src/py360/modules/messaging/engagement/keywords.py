"""Words by which people say stop or start, in the languages of our customers."""

import unicodedata
from typing import Final, Literal

_STOP: Final = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
        "optout",
        "remove",
        "dnd",
        "band",
        "bandh",
        "bas",
        "ruko",
        "mat",
        "बंद",
        "रोकें",
        "रोको",
        "रुको",
        "बन्द",
        "बस",
        "स्टॉप",
        "थांबा",
        "বন্ধ",
        "থামুন",
        "স্টপ",
        "ਬੰਦ",
        "ਰੋਕੋ",
        "બંધ",
        "રોકો",
        "ବନ୍ଦ",
        "நிறுத்து",
        "நிறுத்தவும்",
        "ఆపు",
        "ఆపండి",
        "ನಿಲ್ಲಿಸಿ",
        "നിർത്തുക",
        "വേണ്ട",
        "بند",
        "روکیں",
    ]
)
_START: Final = frozenset(
    [
        "start",
        "unstop",
        "subscribe",
        "resume",
        "शुरू",
        "चालू",
        "সুরু",
        "চালু",
        "ਸ਼ੁਰੂ",
        "શરૂ",
        "தொடங்கு",
        "ప్రారంభించు",
        "ಪ್ರಾರಂಭಿಸಿ",
        "തുടങ്ങുക",
        "شروع",
    ]
)
_PHRASES: Final = ("opt out", "stop all", "stop promotions", "stop messages", "do not message", "don't message")


def meaning(text: str) -> Literal["stop", "start"] | None:
    """What a message asks for. Only the whole message counts: a sentence that holds the word `end` is no request."""
    said = " ".join("".join(" " if _is_edge(character) else character for character in text.casefold()).split())
    if said in _STOP or said in _PHRASES:
        return "stop"
    return "start" if said in _START else None


def _is_edge(character: str) -> bool:
    """Punctuation and symbols; vowel signs of Indian scripts are marks and belong to the word."""
    return unicodedata.category(character)[0] in "PSZC" and character not in "'’"
