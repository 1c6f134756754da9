"""Opens and clicks as inbox events.

Of a campaign's message the key repeats with the message, so that only the first open and the first click are stored: its figures
count people, not events. Of a mail that a person wrote each is counted; the key repeats within a minute, for a mail program that
loads a picture several times shows the mail once.
"""

import zlib
from typing import Literal

from py360.kit import resources
from py360.kit.webhooks import Item
from py360.modules.messaging.links import Link


def tracked(link: Link, status: Literal["opened", "clicked"]) -> Item:
    """A recipient opened a message or followed a link in it, now."""
    at = resources.current().clock.now().timestamp()
    key = f"{status}:{link.message_id}"
    if link.counts_each:
        key = f"{key}:{int(at) // 60}:{zlib.crc32(link.url.encode())}"
    payload = {"message": link.message_id, "status": status, "at": at, "counts_each": link.counts_each}
    return Item(key, payload)
