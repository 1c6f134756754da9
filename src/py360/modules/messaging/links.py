"""Signed links in messages: open pixel, click and unsubscribe. The token carries everything; nothing is stored per link."""

from dataclasses import dataclass
from typing import Final

from py360.kit.crypto import BadToken, sign, verify
from py360.kit.settings import settings

OPEN: Final = "open"
CLICK: Final = "click"
STOP: Final = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Link:
    """A link somebody followed: the message it was in, and where it leads."""

    message_id: int
    url: str


def open_url(message_id: int) -> str:
    """Address of the pixel that shows us a message was opened."""
    return f"{settings().public_url}/api/track/open/{sign(OPEN, str(message_id))}"


def unsubscribe_url(message_id: int) -> str:
    """Address that shows the unsubscribe page, and unsubscribes by POST (RFC 8058)."""
    return f"{settings().public_url}/api/unsubscribe/{sign(STOP, str(message_id))}"


def _payload(message_id: int, url: str) -> str:
    """The message and the target; a target at our own address loses its host, which keeps links in text messages short."""
    base = settings().public_url
    return f"{message_id}:{url[len(base) :]}" if url.startswith(base + "/") else f"{message_id}:{url}"


def click_url(message_id: int, url: str) -> str:
    """Address that notes the click and leads on to `url`."""
    return f"{settings().public_url}/api/track/click/{sign(CLICK, _payload(message_id, url))}"


def short_url(message_id: int, url: str) -> str:
    """The same for text messages, where every character is paid for."""
    return f"{settings().public_url}/api/l/{sign(CLICK, _payload(message_id, url))}"


def read_click(token: str) -> Link:
    """Where a click leads; raises BadToken."""
    number, separator, url = verify(CLICK, token).partition(":")
    if not separator or not number.isdigit():
        raise BadToken
    return Link(int(number), settings().public_url + url if url.startswith("/") else url)


def read_message(purpose: str, token: str) -> int:
    """The message behind an open or unsubscribe token; raises BadToken."""
    number = verify(purpose, token)
    if not number.isdigit():
        raise BadToken
    return int(number)
