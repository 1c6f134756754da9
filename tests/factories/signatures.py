"""Vendors' webhooks, signed as they sign them."""

import hashlib
import hmac
import time
from typing import Any


def mailgun(event: dict[str, Any], secret: str) -> dict[str, Any]:
    """A signed request of Mailgun."""
    timestamp, token = str(int(time.time())), "t" * 50
    mark = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"signature": {"timestamp": timestamp, "token": token, "signature": mark}, "event-data": event}
