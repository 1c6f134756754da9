"""The HTML of an e-mail and the text beside it, both as templates.

While the HTML tools work, values and conditions are hidden behind words that they leave alone. Links become tracked, the
open pixel is added, and an e-mail without an unsubscribe link gets one.
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import css_inline
import mrml
import nh3
from inscriptis import get_text  # type: ignore[import-untyped]  # it has no types
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]  # the same
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]  # the same

from py360.modules.templates.compiler.addresses import Link, find_links
from py360.modules.templates.compiler.syntax import Expression, Literal, Part, Statement, code_of, wrong
from py360.modules.templates.compiler.tags import Attribute, Tag, tags
from py360.modules.templates.models import Format

UNSUBSCRIBE: Final = "unsubscribe_link"
_TEXT_CONFIG: Final = ParserConfig(css=CSS_PROFILES["strict"])
_EMAIL_TAGS: Final = nh3.ALLOWED_TAGS | {"font", "section", "header", "footer", "main"}
_EMAIL_ATTRIBUTES: Final = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"style", "align", "valign", "width", "height", "bgcolor", "class", "id", "dir", "lang", "role", "border"},
    "table": {"cellpadding", "cellspacing", "summary"},
    "font": {"color", "face", "size"},
}
_PIXEL: Final = (
    Statement("if _open"),
    Literal('<img src="'),
    Expression("_open|safe"),
    Literal('" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px" />'),
    Statement("endif"),
)
_FOOTER: Final = (
    '<p style="font:12px/18px Arial,sans-serif;color:#6b7280;text-align:center;margin:24px 16px">'
    'You receive this because of your policy with us. <a href="{}" style="color:#6b7280">Stop these e-mails</a></p>'
)


@dataclass(frozen=True, slots=True)
class Page:
    """An e-mail as two templates, and the links in them: `_href0` in the HTML, `_address0` in the text."""

    html: str
    text: str
    links: tuple[Link, ...]


def make_page(format: Format, parts: Sequence[Part]) -> Page:
    """Make an e-mail's page ready. Raises TemplateInvalid (`template_syntax`) for MJML that cannot be read."""
    return _from_text(parts) if format == "text" else _from_markup(format, parts)


class _Veil:
    """Hides parts behind words that HTML tools leave alone, and brings them back."""

    def __init__(self, parts: Sequence[Part]) -> None:
        texts = [part.text for part in parts if isinstance(part, Literal)]
        marks = (f"pyq{number}x" for number in count())
        self._mark = next(mark for mark in marks if not any(mark in text for text in texts))
        self._hidden: list[tuple[Part, ...]] = []

    def hide(self, *parts: Part) -> str:
        """A word for these parts."""
        self._hidden.append(parts)
        return f"{self._mark}{len(self._hidden) - 1}z"

    def over(self, parts: Iterable[Part]) -> str:
        """A text with its code hidden."""
        return "".join(part.text if isinstance(part, Literal) else self.hide(part) for part in parts)

    def lift(self, text: str) -> list[Part]:
        """The text in its parts again."""
        plain, *pieces = text.split(self._mark)
        found: list[Part] = [Literal(plain)] if plain else []
        for piece in pieces:
            number, _, rest = piece.partition("z")
            found += self._hidden[int(number)]
            if rest:
                found.append(Literal(rest))
        return found


def _from_text(parts: Sequence[Part]) -> Page:
    """Plain text as HTML: paragraphs kept, addresses made links; the text beside it is the text itself."""
    body: list[Part] = []
    text: list[Part] = []
    links: list[Link] = []
    for item in find_links(parts):
        if isinstance(item, Link):
            number = len(links)
            links.append(item)
            label = Literal(html.escape(item.url)) if item.url is not None else Expression(f"_address{number}")
            body += (Literal('<a href="'), Expression(f"_href{number}|safe"), Literal('">'), label, Literal("</a>"))
            text.append(Expression(f"_address{number}"))
        else:
            body.append(Literal(_paragraphs(item.text)) if isinstance(item, Literal) else item)
            text.append(item)
    stop: tuple[Part, ...] = ()
    if not any(UNSUBSCRIBE in part.variables for part in parts if not isinstance(part, Literal)):
        before, after = _FOOTER.split("{}")
        stop = (Literal(before), Expression(f"_href{len(links)}|safe"), Literal(after))
        text += (Literal("\n\nStop these e-mails: "), Expression(f"_address{len(links)}"))
        links.append(Link((Expression(UNSUBSCRIBE, (UNSUBSCRIBE,)),)))
    top, bottom = _document("\0").split("\0")
    page = (Literal(top + "<p>"), *body, Literal("</p>"), *stop, *_PIXEL, Literal(bottom))
    return Page(code_of(page), _tidy(code_of(text)), tuple(links))


def _paragraphs(text: str) -> str:
    text = html.escape(text, quote=False).replace("\r\n", "\n")
    return text.replace("\n\n", "</p><p>").replace("\n", "<br>")


def _document(body: str) -> str:
    style = "margin:0;padding:16px;font:15px/22px Arial,Helvetica,sans-serif;color:#1f2937"
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body style="{style}">{body}</body></html>'


def _from_markup(format: Format, parts: Sequence[Part]) -> Page:
    veil = _Veil(parts)
    source = _hide_addresses(veil.over(parts), veil)
    if format == "mjml":
        try:
            page = mrml.to_html(source).content
        except (OSError, ValueError) as error:
            raise wrong(f"The MJML cannot be read: {error}.") from error
    else:
        inlined = css_inline.inline(source, load_remote_stylesheets=False)
        page = _document(nh3.clean(inlined, tags=_EMAIL_TAGS, attributes=_EMAIL_ATTRIBUTES, link_rel=None))
    if not any(UNSUBSCRIBE in part.variables for part in parts if not isinstance(part, Literal)):
        page = _before_end(page, _FOOTER.format(veil.hide(Expression(UNSUBSCRIBE, (UNSUBSCRIBE,)))))
    tracked, plain, links = _track(page, veil)
    text = get_text(plain, _TEXT_CONFIG)
    tracked = _before_end(tracked, veil.hide(*_PIXEL))
    return Page(code_of(veil.lift(tracked)), _tidy(code_of(veil.lift(text))), links)


def _hide_addresses(source: str, veil: _Veil) -> str:
    """Addresses that hold code become one word: a condition before `https:` would look like a strange scheme."""
    pieces: list[str] = []
    at = 0
    for tag in tags(source):
        for attribute in tag.attributes:
            if attribute.name != "href":
                continue
            hidden = veil.lift(html.unescape(attribute.value))
            if any(not isinstance(part, Literal) for part in hidden):
                pieces += (source[at : attribute.start], f'"{veil.hide(*hidden)}"')
                at = attribute.end
    return "".join((*pieces, source[at:]))


def _before_end(page: str, addition: str) -> str:
    at = page.rfind("</body")
    return page[:at] + addition + page[at:] if at != -1 else page + addition


def _track(page: str, veil: _Veil) -> tuple[str, str, tuple[Link, ...]]:
    """The page with its links as places to fill in; and without link tags, each address beside its words, for the text."""
    links: list[Link] = []
    tracked: list[str] = []
    plain: list[str] = []
    copied = in_text = 0
    closers = True
    for tag in tags(page):
        target = _target(tag, veil)
        if target is None:
            continue
        attribute, link = target
        number = len(links)
        links.append(link)
        tracked += (page[copied : attribute.start], f'"{veil.hide(Expression(f"_href{number}|safe"))}"')
        copied = attribute.end
        end = page.find("</a", tag.end) if closers else -1
        closers = end != -1
        if end != -1 and tag.start >= in_text:
            label = page[tag.end : end]
            plain += (page[in_text : tag.start], _beside(label, attribute.value, number, veil))
            in_text = page.find(">", end) + 1 or len(page)
    return "".join((*tracked, page[copied:])), "".join((*plain, page[in_text:])), tuple(links)


def _target(tag: Tag, veil: _Veil) -> tuple[Attribute, Link] | None:
    """Where a link points, unless it leads nowhere outside (an anchor) or is a fixed address that nobody counts (mailto:)."""
    if tag.name != "a" or tag.closing:
        return None
    href = next((each for each in tag.attributes if each.name == "href"), None)
    if href is None:
        return None
    parts = tuple(veil.lift(html.unescape(href.value).strip()))
    fixed = all(isinstance(part, Literal) for part in parts)
    if not parts or (fixed and not code_of(parts).lower().startswith(("http://", "https://"))):
        return None
    return href, Link(parts)


def _beside(label: str, address: str, number: int, veil: _Veil) -> str:
    """What the text says for a link: its words and its address; the address alone, when the words are the same.

    Addresses of the text are not tracked: people read them there, and a simple reader follows what it takes for one (ADR 84).
    """
    link = Expression(f"_address{number}")
    bare = html.unescape(_without_tags(label)).strip()
    if not bare:
        return veil.hide(link)
    if code_of(veil.lift(bare)) == code_of(veil.lift(html.unescape(address).strip())):
        return veil.hide(link)
    return label + veil.hide(Statement(f"if _address{number}"), Literal(" <"), link, Literal(">"), Statement("endif"))


def _without_tags(text: str) -> str:
    pieces, at = [], 0
    for tag in tags(text):
        pieces.append(text[at : tag.start])
        at = tag.end
    return "".join((*pieces, text[at:]))


def _tidy(text: str) -> str:
    """Lines without blanks at their ends, at most one empty line in a row."""
    lines: list[str] = []
    for line in text.splitlines():
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip() + "\n"
