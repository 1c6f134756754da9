"""Render a public page in a language, with headers that keep it to itself."""

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
from py360.kit.pages.languages import LANGUAGES, Language

HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Page:
    """HTML with its status and headers."""

    html: str
    status: int
    headers: Mapping[str, str]


@lru_cache(maxsize=200)
def _catalogue(path: Path) -> Mapping[str, str]:
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one folder: its templates beside the common layout, its catalogues above the common one."""

    folder: Path
    domain: str

    def translated(self, language: Language) -> bool:
        """Whether these pages exist in this language; otherwise they fall back to English."""
        return language.code == "en" or bool(_catalogue(self.folder / "locale" / language.code / f"{self.domain}.po"))

    def text(self, language: Language) -> Callable[[str], str]:
        """The texts of a language: give the English one."""
        own = _catalogue(self.folder / "locale" / language.code / f"{self.domain}.po")
        common = _catalogue(HERE / "locale" / language.code / "pages.po") if own else {}
        return lambda message: own.get(message) or common.get(message, message)

    def texts(self, language: Language) -> list[str]:
        """The English texts that have a translation of their own into a language."""
        return list(_catalogue(self.folder / "locale" / language.code / f"{self.domain}.po"))

    def render(
        self,
        template: str,
        language: Language,
        *,
        here: str = "",
        brand: str = "",
        status: int = 200,
        form_targets: tuple[str, ...] = (),
        refresh: int | None = None,
        **values: object,
    ) -> Page:
        """The page of a template.

        `here` is its address, for the links to other languages (none when empty); `brand` whose page it is; `form_targets`
        the origins that its forms lead on to, which browsers check again at the redirect; `refresh` reloads it after seconds.
        """
        nonce = secrets.token_urlsafe(12)
        spoken = language if self.translated(language) else LANGUAGES["en"]
        html = (
            _environment(self, language.code)
            .get_template(template)
            .render(
                **values,
                language=language,
                languages=list(LANGUAGES.values()) if here else [],
                spoken=spoken,
                here=here,
                query="&" if "?" in here else "?",
                brand=brand,
                refresh=refresh,
                nonce=nonce,
            )
        )
        return Page(html, status, _headers(nonce, form_targets))


@lru_cache(maxsize=100)
def _environment(pages: Pages, code: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([pages.folder / "templates", HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    language = LANGUAGES[code]
    text = pages.text(language)
    install: Any = environment.install_gettext_callables  # type: ignore[attr-defined]  # the extension adds it
    install(text, lambda one, many, n: text(one if n == 1 else many), newstyle=True)
    locale = code if pages.translated(language) else "en"
    environment.filters["money"] = format_inr
    environment.filters["day"] = lambda moment: _day(moment, locale)
    environment.filters["moment"] = lambda moment: _moment(moment, locale)
    return environment


def _day(moment: date, locale: str) -> str:
    return format_date(moment, "d MMMM y", locale=locale)


def _moment(moment: datetime, locale: str) -> str:
    return format_datetime(moment, "d MMMM y, h:mm a", tzinfo=INDIA, locale=locale)


def _headers(nonce: str, form_targets: tuple[str, ...]) -> dict[str, str]:
    """No script, no frame, no cache, no index, no referrer: the address is a key."""
    targets = " ".join(("'self'", *form_targets))
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


_COMMON: Final = Pages(HERE, "pages")


def notice(title: str, message: str, status: int, language: Language, brand: str = "") -> Page:
    """A page that only says something: a link that does not work, a service that is away. Texts are looked up in the catalogue."""
    text = _COMMON.text(language)
    return _COMMON.render(
        "notice.html", language, brand=brand, status=status, heading=text(title), message=text(message)
    )
