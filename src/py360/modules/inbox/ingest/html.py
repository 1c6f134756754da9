"""HTML of strangers' mails, made harmless (nh3). Remote images are left out until the reader asks for them: they tell the sender
that, when and where a mail was opened."""

import html as entities
from collections.abc import Callable
from itertools import takewhile
from typing import Final

import nh3

from py360.modules.messaging import api as messaging

MAX_HTML: Final = 1 << 20  # characters that are kept
_ATTRIBUTES: Final = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"style", "align", "dir", "lang", "title", "width", "height"},
    "img": {"src", "alt", "width", "height"},
    "table": {"border", "cellpadding", "cellspacing", "bgcolor"},
    "td": {"colspan", "rowspan", "bgcolor", "valign"},
    "th": {"colspan", "rowspan", "bgcolor", "valign"},
    "font": {"color", "face", "size"},
}
_TAGS: Final = nh3.ALLOWED_TAGS | {"font", "center"}
_STYLES: Final = {
    "color", "background-color", "font-size", "font-family", "font-weight", "font-style", "text-align", "text-decoration",
    "line-height", "padding", "padding-left", "margin", "margin-left", "border", "border-left", "border-collapse",
    "width", "max-width",
}  # fmt: skip
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid"}
MAX_TAGS: Final = 20_000
MAX_DEPTH: Final = 200
MAX_STYLED: Final = 20
# Elements that a parser opens again in every paragraph until they are closed, those that end by themselves, and those without content.
_STYLING: Final = {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"}
_STYLING_AS: Final = "styling-"  # before the name of such an element while it is read as one like any other
_STYLED_TAGS: Final = {_STYLING_AS + name for name in _STYLING & _TAGS}
MAX_COPIES: Final = 500_000  # of styling elements that a parser may make
_ENDING: Final = {"p", "li", "td", "th", "tr", "tbody", "dt", "dd", "option", "body", "html", "head", "o:p"}
_EMPTY: Final = {"br", "hr", "img", "meta", "link", "input", "col", "wbr", "area", "base", "source", "!doctype"}


def sanitized(html: str) -> str:
    """The HTML without scripts, forms, frames and whatever else acts by itself; remote images are still in it, but not the picture
    that counts how often a mail of ours was opened: in an answer that quotes our mail, we would open it ourselves."""
    return _clean(well_nested(bounded(html)), lambda address: not messaging.counts_opens(address))


def _clean(html: str, loads: Callable[[str], bool]) -> str:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        return None if tag == "img" and attribute == "src" and not loads(value) else value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        link_rel="noopener noreferrer nofollow",
        attribute_filter=keep,
    )


def bounded(html: str) -> str:
    """The beginning of HTML that a parser reads in time and memory in proportion to its size: elements within each other, and
    styling that is opened and not closed, multiply its work."""
    html = html[:MAX_HTML]
    depth = styled = place = 0
    for count, piece in enumerate(html.split("<")):
        name = piece[1:20] if piece[:1] == "/" else piece[:19]
        name = name.partition(">")[0].partition(" ")[0].rstrip("/").lower()
        step = -1 if piece[:1] == "/" else 1
        if count and name and name not in _EMPTY:
            styled = max(0, styled + step) if name in _STYLING else styled
            depth = max(0, depth + step) if name not in _ENDING and name[:1].isalpha() else depth
        if count > MAX_TAGS or depth > MAX_DEPTH or styled > MAX_STYLED:
            return html[: max(0, place - 1)]
        place += len(piece) + 1
    return html


def well_nested(html: str) -> str:
    """The HTML, with its styling closed where it was opened when a parser might multiply it: one that is open when its paragraph
    ends is opened again in each one that follows, so 100 KB become gigabytes. Which tags count as closed only a parser knows."""
    pieces, styling = html.split("<"), 0
    for place, piece in enumerate(pieces):
        slash, rest = ("/", piece[1:]) if piece[:1] == "/" else ("", piece)
        if place and _name_of(rest) in _STYLING:
            pieces[place] = slash + _STYLING_AS + rest
            styling += not slash
    if styling * len(pieces) <= MAX_COPIES:
        return html
    nested = nh3.clean(
        "<".join(pieces),
        tags=_TAGS | _STYLED_TAGS,
        attributes=_ATTRIBUTES
        | {name: _ATTRIBUTES.get(name.removeprefix(_STYLING_AS), set()) for name in _STYLED_TAGS},
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
        link_rel=None,
    )
    return nested.replace(f"<{_STYLING_AS}", "<").replace(f"</{_STYLING_AS}", "</")


def _name_of(piece: str) -> str:
    """The name of a tag, which ends at a space of any kind, a slash or the end of the tag."""
    return "".join(takewhile(lambda character: not character.isspace() and character not in "/>", piece[:20])).lower()


def without_remote_images(html: str) -> tuple[str, int]:
    """Sanitised HTML without the images that would be loaded from elsewhere, and how many those are.

    Only `cid:` images are of the mail itself. Remote addresses have too many spellings to be listed: browsers pass over tabs
    within them, and take backslashes for slashes.
    """
    blocked = 0

    def is_of_the_mail(address: str) -> bool:
        nonlocal blocked
        is_own = address.strip().lower().startswith("cid:")
        blocked += not is_own and not messaging.counts_opens(address)
        return is_own

    return _clean(html, is_of_the_mail), blocked


def with_inline_images(html: str, addresses: dict[str, str]) -> str:
    """`cid:` images of the mail itself, by the addresses of its attachments."""
    for content_id, address in addresses.items():
        html = html.replace(f'src="cid:{entities.escape(content_id)}"', f'src="{address}"')
    return html


def text_of(html: str) -> str:
    """The text of HTML, for mails that have no other."""
    spaced = well_nested(bounded(html))
    for tag in ("</p>", "<br>", "<br/>", "<br />", "</div>", "</tr>", "</li>", "</P>", "<BR>", "</DIV>", "</TR>"):
        spaced = spaced.replace(tag, tag + "\n")
    return entities.unescape(nh3.clean(spaced, tags=set())).strip()
