"""Signed links in messages: open pixel, click and unsubscribe. The token carries everything; nothing is stored per link."""

from dataclasses import dataclass
from typing import Final

from py360.kit.crypto import BadToken, sign, verify
from py360.kit.settings import settings

OPEN: Final = "open"
CLICK: Final = "click"
STOP: Final = "unsubscribe"


_OPENED: Final = "/api/track/open/"
_EACH: Final = "e"  # before the number: every open and click counts, not only the first


@dataclass(frozen=True, slots=True)
class Link:
    """A link that was followed, or a pixel that was loaded (`url` is empty): the message it was in, and where it leads.

    `counts_each`: of a mail that a person wrote, whose opens and clicks are counted; of other messages the first is noted.
    """

    message_id: int
    url: str = ""
    counts_each: bool = False


def open_url(message_id: int, *, counts_each: bool = False) -> str:
    """Address of the pixel that shows us a message was opened."""
    return f"{settings().public_url}{_OPENED}{sign(OPEN, _number(message_id, counts_each))}"


def counts_opens(address: str) -> bool:
    """Whether loading an address counts as opening a message of ours: a pixel's, also behind a proxy that keeps the address."""
    return f"{settings().public_url}{_OPENED}" in address


def _number(message_id: int, counts_each: bool) -> str:
    return f"{_EACH}{message_id}" if counts_each else str(message_id)


def unsubscribe_url(message_id: int) -> str:
    """Address that shows the unsubscribe page, and unsubscribes by POST (RFC 8058)."""
    return f"{settings().public_url}/api/unsubscribe/{sign(STOP, str(message_id))}"


def unsubscribes(address: str) -> bool:
    """Whether an address is one to unsubscribe at: who follows it is not counted as interested."""
    return address.startswith(f"{settings().public_url}/api/unsubscribe/")


def _payload(number: str, url: str) -> str:
    """The message and the target; a target at our own address loses its host, which keeps links in text messages short."""
    base = settings().public_url
    return f"{number}:{url[len(base) :]}" if url.startswith(base + "/") else f"{number}:{url}"


def click_url(message_id: int, url: str, *, counts_each: bool = False) -> str:
    """Address that notes the click and leads on to `url`."""
    return f"{settings().public_url}/api/track/click/{sign(CLICK, _payload(_number(message_id, counts_each), url))}"


def short_url(message_id: int, url: str) -> str:
    """The same for text messages, where every character is paid for."""
    return f"{settings().public_url}/api/l/{sign(CLICK, _payload(str(message_id), url))}"


def read_click(token: str) -> Link:
    """Where a click leads; raises BadToken."""
    number, separator, url = verify(CLICK, token).partition(":")
    if not separator:
        raise BadToken
    return _link(number, settings().public_url + url if url.startswith("/") else url)


def read_open(token: str) -> Link:
    """The message whose pixel was loaded; raises BadToken."""
    return _link(verify(OPEN, token))


def _link(number: str, url: str = "") -> Link:
    bare = number.removeprefix(_EACH)
    if not bare.isdigit():
        raise BadToken
    return Link(int(bare), url, counts_each=bare != number)


def read_message(purpose: str, token: str) -> int:
    """The message behind an unsubscribe token; raises BadToken."""
    number = verify(purpose, token)
    if not number.isdigit():
        raise BadToken
    return int(number)
