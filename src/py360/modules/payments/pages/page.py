"""The public payment page: HTML on the server, no script, nothing from elsewhere, in the customer's language.

Texts are gettext catalogues (`locale/<language>/pay.po`), English being the key. What a catalogue lacks stays English.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from py360.kit.clock import INDIA
from py360.kit.money import format_inr

HERE: Final = Path(__file__).parent
REFRESH_SECONDS: Final = 4  # while the gateway is deciding
STATUS: Final[Mapping[str, int]] = {"unknown": 404, "refused": 409, "unavailable": 503}


@dataclass(frozen=True, slots=True)
class Language:
    """A language of section 29 of the domain reference, in its own name."""

    code: str
    name: str
    rtl: bool = False

    @staticmethod
    def of(wanted: str | None) -> "Language":
        """The language for a code (`hi`, `hi-IN`) or its English name; English when we have no such language."""
        key = (wanted or "").strip().lower()
        return LANGUAGES.get(ENGLISH_NAMES.get(key, key[:2]), LANGUAGES["en"])


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
ENGLISH_NAMES: Final[Mapping[str, str]] = {
    "english": "en", "hindi": "hi", "bengali": "bn", "telugu": "te", "marathi": "mr", "tamil": "ta", "gujarati": "gu",
    "malayalam": "ml", "kannada": "kn", "punjabi": "pa", "assamese": "as", "odia": "or", "urdu": "ur",
}  # fmt: skip


@lru_cache(maxsize=len(LANGUAGES))
def _catalogue(code: str) -> Mapping[str, str]:
    path = HERE / "locale" / code / "pay.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def translated(language: Language) -> bool:
    """Whether the page speaks this language; otherwise it falls back to English."""
    return language.code == "en" or bool(_catalogue(language.code))


def text(language: Language) -> Callable[[str], str]:
    """The texts of a language: give the English one."""
    catalogue = _catalogue(language.code)
    return lambda message: catalogue.get(message, message)


@lru_cache(maxsize=len(LANGUAGES))
def _environment(code: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = text(LANGUAGES[code])
    install: Any = environment.install_gettext_callables  # type: ignore[attr-defined]  # the extension adds it
    install(said, lambda one, many, n: said(one if n == 1 else many), newstyle=True)
    environment.filters["money"] = format_inr
    locale = code if translated(LANGUAGES[code]) else "en"
    environment.filters["day"] = lambda moment: _day(moment, locale)
    environment.filters["moment"] = lambda moment: _moment(moment, locale)
    return environment


@dataclass(frozen=True, slots=True)
class Page:
    """HTML with its status and headers."""

    html: str
    status: int
    headers: Mapping[str, str]


def _day(moment: date, locale: str) -> str:
    return format_date(moment, "d MMMM y", locale=locale)


def _moment(moment: datetime, locale: str) -> str:
    return format_datetime(moment, "d MMMM y, h:mm a", tzinfo=INDIA, locale=locale)


def render(view: Any, wanted: str | None = None) -> "Page":
    """The page of a `checkout.View`, in the wanted language or the customer's own."""
    language = Language.of(wanted or view.language)
    nonce = secrets.token_urlsafe(12)
    html = (
        _environment(language.code)
        .get_template("pay.html")
        .render(
            view=view,
            state=str(view.state),
            language=language,
            languages=list(LANGUAGES.values()),
            spoken=language if translated(language) else LANGUAGES["en"],
            refresh=REFRESH_SECONDS,
            nonce=nonce,
        )
    )
    return Page(html, STATUS.get(str(view.state), 200), _headers(nonce, view.checkout_origins))


def _headers(nonce: str, checkout_origins: tuple[str, ...]) -> dict[str, str]:
    """No script, no frame, no cache, no index, no referrer (the address is a key).

    Browsers check `form-action` again at the redirect to the gateway, so its origin is named.
    """
    targets = " ".join(("'self'", *checkout_origins))
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
