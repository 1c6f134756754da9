"""Opens and clicks as inbox events. The key repeats with the message, so that only the first of each is stored: figures
count people, not events."""

from typing import Literal

from py360.kit import resources
from py360.kit.webhooks import Item


def tracked(message_id: int, status: Literal["opened", "clicked"]) -> Item:
    """Somebody opened a message or followed a link in it, now."""
    at = resources.current().clock.now().timestamp()
    return Item(f"{status}:{message_id}", {"message": message_id, "status": status, "at": at})
