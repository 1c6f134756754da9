"""The languages of public pages (section 29 of the domain reference), and which one a reader gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

LONGEST_ACCEPTED: Final = 500  # characters of an Accept-Language header that are read


@dataclass(frozen=True, slots=True)
class Language:
    """A language, in its own name."""

    code: str
    name: str
    rtl: bool = False

    @staticmethod
    def of(wanted: str | None) -> "Language":
        """The language for a code (`hi`, `hi-IN`) or its English name; English when there is no such language."""
        return _known(wanted) or LANGUAGES["en"]

    @staticmethod
    def chosen(wanted: str | None, accepted: str | None = None) -> "Language":
        """What the reader chose on the page, else the first that their browser accepts and we have."""
        if found := _known(wanted):
            return found
        for item in (accepted or "")[:LONGEST_ACCEPTED].split(","):
            if found := _known(item.partition(";")[0]):
                return found
        return LANGUAGES["en"]


def _known(wanted: str | None) -> Language | None:
    key = (wanted or "").strip().lower()
    return LANGUAGES.get(_ENGLISH_NAMES.get(key, key.partition("-")[0].partition("_")[0]))


LANGUAGES: Final[Mapping[str, Language]] = {
    language.code: language
    for language in (
        Language("en", "English"),
        Language("hi", "हिन्दी"),
        Language("bn", "বাংলা"),
        Language("te", "తెలుగు"),
        Language("mr", "मराठी"),
        Language("ta", "தமிழ்"),
        Language("gu", "ગુજરાતી"),
        Language("ml", "മലയാളം"),
        Language("kn", "ಕನ್ನಡ"),
        Language("pa", "ਪੰਜਾਬੀ"),
        Language("as", "অসমীয়া"),
        Language("or", "ଓଡ଼ିଆ"),
        Language("ur", "اردو", rtl=True),
    )
}
_ENGLISH_NAMES: Final = {
    "english": "en", "hindi": "hi", "bengali": "bn", "telugu": "te", "marathi": "mr", "tamil": "ta", "gujarati": "gu",
    "malayalam": "ml", "kannada": "kn", "punjabi": "pa", "assamese": "as", "odia": "or", "urdu": "ur",
}  # fmt: skip
