"""The tags of HTML and MJML as an author writes them, read in one pass; and what is too deep, too much or not allowed."""

import html
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from py360.modules.templates.errors import TemplateInvalid

MOST_TAGS: Final = 10_000
MOST_ATTRIBUTES: Final = 100
DEEPEST_TAGS: Final = 100
_ALONE: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "mj-image",
        "mj-divider",
        "mj-spacer",
        "mj-font",
        "mj-all",
    ]
)
_CLOSE_THEMSELVES: Final = frozenset(
    ["p", "li", "td", "th", "tr", "thead", "tbody", "tfoot", "option", "dt", "dd", "html", "head", "body"]
)
_RAW: Final = frozenset({"style", "mj-style", "script", "title"})
_ACTIVE: Final = frozenset({"script", "iframe", "object", "embed", "form", "applet", "frame", "frameset"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute's name in lower case, its value as written, and where the value stands, quotes included."""

    name: str
    value: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag's name in lower case, whether it closes or closes itself, its attributes, and where it is."""

    name: str
    closing: bool
    alone: bool
    attributes: tuple[Attribute, ...]
    start: int
    end: int


def tags(page: str) -> Iterator[Tag]:
    """Every tag of a page, in order. Comments and the inside of styles and scripts hold none."""
    at = 0
    while (at := page.find("<", at)) != -1:
        if page.startswith("<!--", at):
            end = page.find("-->", at + 4)
            if end == -1:
                return
            at = end + 3
            continue
        tag = _tag(page, at)
        if tag is None:
            at += 1
            continue
        yield tag
        at = tag.end
        if tag.name in _RAW and not tag.closing and not tag.alone:
            end = _find_closing(page, tag.name, at)
            if end == -1:
                return
            at = end


def _find_closing(page: str, name: str, at: int) -> int:
    while (at := page.find("</", at)) != -1:
        if page[at + 2 : at + 2 + len(name)].lower() == name:
            return at
        at += 2
    return -1


def _tag(page: str, start: int) -> Tag | None:
    at = start + 1
    closing = page.startswith("/", at)
    at += closing
    begun = at
    while at < len(page) and (page[at].isalnum() or page[at] in "-:_"):
        at += 1
    name = page[begun:at].lower()
    if not name or not name[0].isalpha():
        return None
    found: list[Attribute] = []
    while at < len(page) and page[at] != ">":
        if page[at].isspace() or page[at] == "/":
            at += 1
            continue
        attribute, at = _attribute(page, at)
        found.append(attribute)
        if len(found) > MOST_ATTRIBUTES:
            raise TemplateInvalid(
                f"The tag <{name[:40]}> has more than {MOST_ATTRIBUTES} attributes. Use fewer.",
                code="template_too_large",
            )
    alone = page[at - 1 : at] == "/"
    return Tag(name, closing, alone, tuple(found), start, min(at + 1, len(page)))


def _attribute(page: str, at: int) -> tuple[Attribute, int]:
    begun = at
    at += 1  # whatever it is, so that each step continues
    while at < len(page) and not page[at].isspace() and page[at] not in "=>/":
        at += 1
    name = page[begun:at].lower()
    behind = at
    while behind < len(page) and page[behind].isspace():
        behind += 1
    if not page.startswith("=", behind):
        return Attribute(name, "", at, at), at
    at = behind + 1
    while at < len(page) and page[at].isspace():
        at += 1
    start, quote = at, page[at : at + 1]
    if quote in {'"', "'"}:
        end = page.find(quote, at + 1)
        end = len(page) if end == -1 else end
        return Attribute(name, page[at + 1 : end], start, end + 1), end + 1
    while at < len(page) and not page[at].isspace() and page[at] != ">":
        at += 1
    return Attribute(name, page[start:at], start, at), at


def check_size(page: str) -> None:
    """Refuse what is too deep or too much for the HTML tools. Raises TemplateInvalid (`template_too_large`)."""
    count, open_tags = 0, 0
    for tag in tags(page):
        count += 1
        if tag.name not in _ALONE and tag.name not in _CLOSE_THEMSELVES and not tag.alone:
            open_tags = max(0, open_tags + (-1 if tag.closing else 1))
        if open_tags > DEEPEST_TAGS:
            raise TemplateInvalid(
                f"Tags are nested more than {DEEPEST_TAGS} deep, or are not closed (<{tag.name[:40]}>)."
                " Simplify the layout or close them.",
                code="template_too_large",
            )
    if count > MOST_TAGS:
        raise TemplateInvalid(f"The e-mail has more than {MOST_TAGS} tags. Make it shorter.", code="template_too_large")


def refuse_active(page: str) -> None:
    """Refuse scripts, forms and the like. Raises TemplateInvalid (`active_content`)."""
    for tag in tags(page):
        if tag.name in _ACTIVE or any(_is_active(attribute) for attribute in tag.attributes):
            raise TemplateInvalid(
                "An e-mail cannot hold scripts, forms, frames or event handlers: mail programs drop such messages.",
                code="active_content",
            )


def _is_active(attribute: Attribute) -> bool:
    if attribute.name.startswith("on") and attribute.name[2:].isalpha():
        return True
    value = "".join(
        each for each in html.unescape(attribute.value) if each.isprintable() and not each.isspace()
    ).lower()
    return value.startswith(("javascript:", "vbscript:", "data:text"))
