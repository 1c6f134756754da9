"""The HTML of a mail that a person wrote, with our pixel and our links in it where its writer wants to know what became of it."""

from html import escape, unescape
from typing import Final

from py360.modules.messaging.links import click_url, open_url, unsubscribes

_WEB: Final = ("http://", "https://")
_BEHIND: Final = ".,;:!?)]}>'\"*_~।"  # what follows an address in a sentence and is no part of it


def html_of(text: str) -> str:
    """A text as HTML that looks like it, its addresses as links."""
    lines = (" ".join(_word(word) for word in line.split(" ")) for line in text.splitlines())
    return f"<div>{'<br>'.join(lines)}</div>"


def _word(word: str) -> str:
    address = word.rstrip(_BEHIND)
    if not address.startswith(_WEB):
        return escape(word)
    return f'<a href="{escape(address)}">{escape(address)}</a>{escape(word[len(address) :])}'


def tracked(html: str, message_id: int, *, opens: bool, clicks: bool) -> str:
    """The HTML with the open pixel at its end, and its links through ours. `html` is sanitised: every value is in double quotes."""
    if clicks:
        first, *rest = html.split("<a ")
        html = "<a ".join((first, *(_tracked_link(each, message_id) for each in rest)))
    if opens:
        pixel = escape(open_url(message_id, counts_each=True))
        picture = f'<img src="{pixel}" width="1" height="1" alt="">'
        content, end, behind = html.rpartition("</body>")
        html = f"{content}{picture}{end}{behind}" if end else f"{html}{picture}"
    return html


def _tracked_link(behind: str, message_id: int) -> str:
    """What stands behind `<a `, with its address through ours; other addresses (mailto, tel, to unsubscribe) stay."""
    tag, end, rest = behind.partition(">")
    before, name, value = tag.partition('href="')
    address, quote, after = value.partition('"')
    target = unescape(address)
    if not (name and quote and target.lower().startswith(_WEB)) or unsubscribes(target):
        return behind
    ours = escape(click_url(message_id, target, counts_each=True))
    return f"{before}{name}{ours}{quote}{after}{end}{rest}"
