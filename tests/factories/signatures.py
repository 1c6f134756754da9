"""Vendors' webhooks, signed as they sign them."""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any


def mailgun(event: dict[str, Any], secret: str, token: str = "") -> dict[str, Any]:
    """A signed request of Mailgun."""
    timestamp, token = str(int(time.time())), token or secrets.token_hex(25)
    mark = hmac.new(secret.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {"signature": {"timestamp": timestamp, "token": token, "signature": mark}, "event-data": event}


def meta_message(
    contact: str, text: str, at: float, secret: str, number_id: str = "106540352242922"
) -> tuple[bytes, dict[str, str]]:
    """A signed request of Meta about a message that a customer wrote: its body and its headers."""
    message = {
        "from": contact.removeprefix("+"),
        "id": f"wamid.{contact}.{at}",
        "timestamp": str(int(at)),
        "type": "text",
        "text": {"body": text},
    }
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number_id}, "messages": [message]}
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": "messages"}]}
    raw = json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()
    mark = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return raw, {"X-Hub-Signature-256": mark, "Content-Type": "application/json"}
