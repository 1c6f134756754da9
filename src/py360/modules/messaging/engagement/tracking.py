"""Opens and clicks as inbox events. The key repeats with the message, so that only the first of each is stored: figures
count people, not events."""

from typing import Literal

from py360.kit import resources
from py360.modules.messaging.vendors.base import Hook


def tracked(message_id: int, status: Literal["opened", "clicked"]) -> Hook:
    """Somebody opened a message or followed a link in it, now."""
    at = resources.current().clock.now().timestamp()
    return Hook(f"{status}:{message_id}", {"message": message_id, "status": status, "at": at})
