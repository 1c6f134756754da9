"""Mailgun: mail leaves through its SMTP relay (see smtp.py); its events come as signed webhooks.

Source: documentation.mailgun.com, "Webhooks": the signature is HMAC-SHA256 over timestamp + token with the account's
webhook signing key.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from py360.modules.messaging.vendors.base import Hook, Inbound, Moved, Status
from py360.modules.messaging.vendors.mime import ledger_number
from py360.modules.providers.api import MailgunSettings, ProviderAccount

_STATUS: Final[Mapping[str, Status]] = {"delivered": "delivered", "opened": "opened", "clicked": "clicked"}
MAX_AGE_SECONDS: Final = 86_400  # Mailgun retries for eight hours; a day bounds replays


def read(account: ProviderAccount, body: bytes) -> list[Hook] | None:
    """The event of a webhook request; None when its signature is not this account's. Raises ValueError when malformed."""
    request = orjson.loads(body)
    signature, event = request["signature"], request["event-data"]
    key = account.expect(MailgunSettings).signing_key
    signed = f"{signature['timestamp']}{signature['token']}".encode()
    expected = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    age = datetime.now(UTC).timestamp() - float(signature["timestamp"])
    if not hmac.compare_digest(expected.encode(), str(signature["signature"]).encode()) or abs(age) > MAX_AGE_SECONDS:
        return None
    return [Hook(str(event["id"]), event)]


def translate(event: Mapping[str, Any]) -> Moved | Inbound | None:
    """An event in our words; None when it is about no message of ours. An event we do not know moves nothing."""
    message_id = ledger_number(str(event.get("message", {}).get("headers", {}).get("message-id", "")))
    if message_id is None:
        return None
    kind = str(event.get("event", ""))
    at = datetime.fromtimestamp(float(event.get("timestamp", 0)), UTC)
    if kind == "failed":
        return _failed(event, message_id, at)
    if kind == "complained":
        return Moved(None, at, message_id, stop="complaint")
    if kind == "unsubscribed":
        return Moved(None, at, message_id, stop="unsubscribe")
    return Moved(_STATUS.get(kind), at, message_id)


def _failed(event: Mapping[str, Any], message_id: int, at: datetime) -> Moved:
    status = event.get("delivery-status", {})
    text = str(status.get("description") or status.get("message") or event.get("reason") or "")[:500]
    code = str(status.get("enhanced-code") or status.get("code") or "")
    if event.get("severity") == "temporary":  # Mailgun keeps trying: neither sent nor failed yet
        return Moved(None, at, message_id, error_code=code or None, error_message=text or None)
    gone = code.startswith(("5.1.", "550", "605")) or event.get("reason") in {"bounce", "suppress-bounce"}
    return Moved("bounced", at, message_id, None, code or None, text or None, stop="hard_bounce" if gone else None)
