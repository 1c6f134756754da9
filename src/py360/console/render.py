"""Pages as HTML: one environment per language, one layout, headers that let nothing in from elsewhere."""

import calendar
import gzip
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import nh3
from babel.dates import format_date, format_datetime, format_timedelta, get_day_names
from babel.numbers import format_currency, format_decimal, format_percent
from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from py360.console import assets, navigation, sentences, session
from py360.kit import resources
from py360.kit.caller import Caller
from py360.kit.clock import INDIA
from py360.kit.pages import LANGUAGES, Language, Pages

HERE: Final = Path(__file__).parent
CATALOGUES: Final = Pages(HERE, "console")
CALLER: Final = "console.caller"  # in a request's scope
CHROME: Final = frozenset({"lang", "clientId"})  # parameters of the layout, not of a page
POLICY: Final = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
        "connect-src 'self'", "frame-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    )
)  # fmt: skip
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Encoding",
}
_THEMES: Final = ("light", "dark")
_STATES: Final = {
    "good": "active completed renewed paid sent delivered opened clicked replied read success approved connected valid verified"
    " granted payment_processed captured converted clean settled opted_in healthy",
    "warn": "pending paused scheduled warning needs_mapping waiting skipped unknown partial follow_up on_hold expiring deferred"
    " policy_due under_review missing open pending_approval partially_refunded suspicious mapping_required high requested override_requested",
    "bad": "failed error cancelled rejected lapsed bounced inactive expired stopped withdrawn refunded blocked suspended urgent"
    " breached escalated disconnected reinstatement opted_out denied disputed undelivered",
    "busy": "processing in_progress sending queued assigned validated uploaded running validating importing planned created submitted received new",
}
_TONES: Final = {state: name for name, states in _STATES.items() for state in states.split()}
MOST_HTML: Final = 20_000  # characters
_BETWEEN_WORDS: Final = re.compile(r"[_\-\s]+|(?<=[a-z])(?=[A-Z])")
_ONE_WORD: Final = re.compile(r"WhatsApp|whatsApp")
_SPELLED: Final = {
    "email": "e-mail", "uncategorized": "uncategorised", "whatsapp": "WhatsApp", "openai": "OpenAI", "oauth": "OAuth", "mailgun": "Mailgun", "e": "e", "dncsync": "DNC sync",
    **{word: word.upper() for word in ["ai", "api", "ckyc", "csv", "dlt", "dnc", "dnd", "gst", "hni", "id", "imap", "json", "kyc", "mfa", "otp", "pan", "pdf", "sid", "sla", "sms", "smtp", "ssl", "tls", "upi", "url", "vip", "xlsx"]},
}  # fmt: skip
_LINE_ENDS: Final = ("</p>", "</div>", "</tr>", "</li>", "</h1>", "</h2>", "</h3>", "<br")
_BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
)  # fmt: skip
_SYSTEMS: Final = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
_LAKH: Final = 100_000
_CRORE: Final = 10_000_000
_DAY_OF_MONTH: Final = re.compile(r"Day (\d{1,2})")
_WEEKDAYS: Final = list(calendar.day_abbr)
_MONTHS: Final = (list(calendar.month_abbr), list(calendar.month_name))


def page(
    request: Request,
    caller: Caller | None,
    language: Language,
    template: str,
    status: int,
    values: Mapping[str, object],
) -> Response:
    """A page of a template, in the layout."""
    theme = request.cookies.get(session.THEME, "")
    spoken = language if CATALOGUES.translated(language) else LANGUAGES["en"]
    html = (
        environment(language.code)
        .get_template(template)
        .render(
            **values,
            me=caller,
            csrf=session.csrf_token(request),
            groups=navigation.menu(caller) if caller else [],
            here=request.url.path,
            query=dict(request.query_params),
            language=language,
            languages=list(LANGUAGES.values()),
            spoken=spoken,
            theme=theme if theme in _THEMES else "",
            client=request.cookies.get(session.CLIENT, ""),
        )
    )
    return _compressed(request, html, status)


def _compressed(request: Request, html: str, status: int) -> Response:
    """The page, compressed where the browser takes that. It holds no secret: what proves a form is in a cookie (BREACH)."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(html, status, _HEADERS)
    return Response(gzip.compress(html.encode(), 5), status, {**_HEADERS, "Content-Encoding": "gzip"})


@lru_cache(maxsize=len(LANGUAGES))
def environment(code: str) -> Environment:
    """The templates in a language, with its numbers and dates."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    language = LANGUAGES[code]
    gettext = CATALOGUES.text(language)
    install: Any = made.install_gettext_callables  # type: ignore[attr-defined]  # the extension adds it
    install(gettext, lambda one, many, n: gettext(one if n == 1 else many), newstyle=True)
    formats = Formats(f"{code}_IN" if CATALOGUES.translated(language) and code != "ur" else "en_IN")
    made.filters |= {
        "money": formats.money,
        "short_money": lambda value: formats.short_money(value, gettext),
        "number": formats.number,
        "percent": formats.percent,
        "day": formats.day,
        "moment": formats.moment,
        "ago": formats.ago,
        "bucket": lambda name: formats.bucket(name, gettext),
        "happening": lambda title: happening(str(title), gettext),
        "size": formats.size,
        "label": lambda value: gettext(label(value)),
        "sentence": lambda value: sentences.translator(code)(str(value)) if value else value,
        "translated": lambda value: gettext(str(value)),
        "words": words,
        "language_name": language_name,
        "readable": readable,
        "browser_name": browser_name,
    }
    made.globals |= {"asset": assets.address_of, "base": session.HOME, "link": link, "pick": pick, "tone": tone}
    return made


def translated(language: Language, message: str) -> str:
    """A text of ours in a language."""
    return CATALOGUES.text(language)(message)


def link(query: Mapping[str, object], **changes: object) -> str:
    """The query of an address with some parameters changed; those without a value are left out."""
    return "?" + urlencode({name: value for name, value in {**query, **changes}.items() if value not in (None, "")})


def pick(row: object, key: str) -> object:
    """A field of an answer, also within another: `metrics.sent`; None where there is none."""
    for name in key.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def tone(code: object) -> str:
    """How a state is coloured: good, warn, bad, busy, or not at all."""
    return _TONES.get(str(code or "").lower().replace(" ", "_").replace("-", "_"), "")


def words(name: object) -> str:
    """A field of the API as words: `dailyMessageLimit` is “daily message limit”."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in str(name))


def label(code: object) -> str:
    """A code of the API as words: `payment_processed`, `paymentProcessed` and `Payment Processed` are “Payment processed”."""
    words = _BETWEEN_WORDS.sub(" ", _ONE_WORD.sub("whatsapp", str(code or ""))).strip()
    if words.isupper():
        return words
    spelled = " ".join(_SPELLED.get(word, word) for word in words.lower().split())
    return spelled[:1].upper() + spelled[1:]


def happening(title: str, gettext: Callable[[str], str]) -> str:
    """The title of an event of a timeline: `SMS sent` word by word where the whole is not known, a claim's number as it is."""
    subject, _, rest = title.partition(" ")
    whole, what = gettext(label(title)), gettext(label(rest))
    if any(letter.isdigit() for letter in subject):
        return f"{subject}: {what}"
    return f"{gettext(label(subject))}: {what}" if whole == label(title) and what != label(rest) else whole


def language_name(code: object) -> str:
    """The name of a language, in itself."""
    found = LANGUAGES.get(str(code))
    return found.name if found else str(code)


def readable(mail: object) -> str:
    """The words of a mail, line by line, without its form; of a very long one the beginning, for a parser's work may grow faster."""
    text = str(mail)
    if "</" in text or "/>" in text or "<br" in text.lower():
        text = text if len(text) <= MOST_HTML else f"{text[:MOST_HTML]} …"
        for mark in _LINE_ENDS:
            text = text.replace(mark, f"\n{mark}")
        text = unescape(nh3.clean(text, tags=set()))
    return "\n".join(line for each in text.splitlines() if (line := " ".join(each.split())))


def browser_name(agent: object) -> str:
    """What a browser calls itself, in two words: “Chrome, Android”."""
    text = str(agent or "")
    found = [next((name for mark, name in names if mark in text), "") for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or text


class Formats:
    """Numbers, money and dates as a locale writes them; what cannot be read is shown as it came, nothing as a dash."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def number(self, value: object) -> str:
        """12,34,567"""
        return "–" if value is None else format_decimal(_decimal(value), locale=self.locale)

    def percent(self, value: object) -> str:
        """A rate that the API counts from 0 to 100."""
        return "–" if value is None else format_percent(_decimal(value) / 100, "#,##0.#%", locale=self.locale)

    def money(self, value: object) -> str:
        """₹12,34,567.50; without paise where there are none."""
        if value is None:
            return "–"
        amount = _decimal(value)
        form = "¤#,##,##0" if amount == amount.to_integral_value() else "¤#,##,##0.00"
        return format_currency(amount, "INR", form, locale=self.locale, currency_digits=False)

    def short_money(self, value: object, gettext: Callable[[str], str]) -> str:
        """₹12.3 L or ₹4.5 Cr on tiles (domain reference, section 30)."""
        amount = _decimal(value or 0)
        for unit, name in ((_CRORE, gettext("Cr")), (_LAKH, gettext("L"))):
            if abs(amount) >= unit:
                return f"{format_currency(amount / unit, 'INR', '¤#,##0.#', locale=self.locale, currency_digits=False)} {name}"
        return self.money(amount.to_integral_value())

    def day(self, value: object) -> str:
        """24 Nov 2026"""
        read = _read(value)
        return str(value or "–") if read is None else format_date(read, "d MMM y", locale=self.locale)

    def moment(self, value: object) -> str:
        """24 Nov 2026, 2:05 pm, in India's time."""
        read = _read(value)
        if not isinstance(read, datetime):
            return self.day(value)
        return format_datetime(read, "d MMM y, h:mm a", tzinfo=INDIA, locale=self.locale)

    def ago(self, value: object) -> str:
        """5 minutes ago"""
        read = _read(value)
        if not isinstance(read, datetime):
            return self.day(value)
        return format_timedelta(read - resources.current().clock.now(), add_direction=True, locale=self.locale)

    def bucket(self, name: object, gettext: Callable[[str], str]) -> str:
        """A place of an axis that the API names `Day 12`, `Mon`, `Nov 2026` or `November 2026`; any other name as the catalogues have it."""
        text = str(name)
        if found := _DAY_OF_MONTH.fullmatch(text):
            return gettext(navigation.text("Day %(number)s")) % {"number": found[1]}
        if text in _WEEKDAYS:
            return str(get_day_names("abbreviated", locale=self.locale)[_WEEKDAYS.index(text)])
        month, _, year = text.partition(" ")
        for names, form in zip(_MONTHS, ("MMM y", "MMMM y"), strict=True):
            if month in names and year.isdigit():
                return format_date(date(int(year), names.index(month), 1), form, locale=self.locale)
        return gettext(text)

    def size(self, value: object) -> str:
        """Bytes as KB or MB."""
        size = _decimal(value or 0)
        small = size < 1 << 20
        return f"{format_decimal((size / (1 << (10 if small else 20))).quantize(Decimal('0.1')), locale=self.locale)} {'KB' if small else 'MB'}"


def _decimal(value: object) -> Decimal:
    return Decimal(str(value))


def _read(value: object) -> date | datetime | None:
    """A date or a moment of the API; None for anything else."""
    if isinstance(value, (date, datetime)):
        return value
    try:
        text = str(value or "")
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        return None
