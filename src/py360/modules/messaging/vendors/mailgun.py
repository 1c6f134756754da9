"""Mailgun: mail leaves through its SMTP relay (see smtp.py); its events come as signed webhooks.

Source: documentation.mailgun.com, "Webhooks": the signature is HMAC-SHA256 over timestamp + token with the account's
webhook signing key.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson

from py360.kit.webhooks import Item, Request
from py360.modules.messaging.vendors.base import ContactStop, Moved, Status, StopReason
from py360.modules.messaging.vendors.mime import ledger_number
from py360.modules.messaging.vendors.smtp_replies import About, Refusal, Reply, Stage, about
from py360.modules.providers.api import MailgunSettings, ProviderAccount

_STOPS: Final[Mapping[str, Literal["complaint", "unsubscribe"]]] = {
    "complained": "complaint",
    "unsubscribed": "unsubscribe",
}
# What Mailgun does not even try, because of its own lists; the code alone where the reason is missing.
_SUPPRESSED: Final[Mapping[str, StopReason]] = {
    "suppress-bounce": "hard_bounce",
    "suppress-unsubscribe": "unsubscribe",
    "suppress-complaint": "complaint",
}
_SUPPRESSED_BY_CODE: Final[Mapping[str, StopReason]] = {"605": "hard_bounce", "606": "unsubscribe", "607": "complaint"}
_STATUS: Final[Mapping[str, Status]] = {"delivered": "delivered", "opened": "opened", "clicked": "clicked"}
MAX_AGE_SECONDS: Final = 86_400  # Mailgun retries for eight hours; a day bounds replays


def parse(request: Request) -> list[Item]:
    """The event of a request. Raises ValueError and KeyError when it is none of Mailgun's."""
    event = orjson.loads(request.body)["event-data"]
    domain = event.get("domain")
    sender = (event.get("envelope") or {}).get("sender")
    named = (
        domain.get("name") if isinstance(domain, dict) else domain,
        _message_header(event).strip("<> ").rpartition("@")[2],
        str(sender or "").rpartition("@")[2],
    )
    return [Item(str(event["id"]), event, names=frozenset(str(each).lower() for each in named if each))]


def verify(account: ProviderAccount, request: Request) -> bool:
    """Whether the account's key signed the request. The signature stands in the body, beside the event."""
    try:
        given = orjson.loads(request.body)["signature"]
        timestamp, token, mark = (str(given[name]) for name in ("timestamp", "token", "signature"))
        age = datetime.now(UTC).timestamp() - float(timestamp)
        signed = f"{timestamp}{token}".encode()
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return False
    key = account.expect(MailgunSettings).signing_key
    expected = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), mark.encode("utf-8", "replace")) and abs(age) <= MAX_AGE_SECONDS


def translate(event: Mapping[str, Any]) -> Moved | ContactStop | None:
    """An event in our words; None when it is about no message of ours. An event we do not know moves nothing.

    A complaint or an opt-out counts without the message's headers, too: it names the recipient.
    """
    message_id = ledger_number(_message_header(event))
    kind = str(event.get("event", ""))
    at = datetime.fromtimestamp(float(event.get("timestamp", 0)), UTC)
    stop = _STOPS.get(kind)
    if message_id is None:
        recipient = str(event.get("recipient") or "")
        return ContactStop(recipient, at, stop) if stop is not None and recipient else None
    if kind == "failed":
        return _failed(event, message_id, at)
    return Moved(_STATUS.get(kind), at, message_id, stop=stop)


def _message_header(event: Mapping[str, Any]) -> str:
    message = event.get("message")
    headers = message.get("headers") if isinstance(message, dict) else None
    return str(headers.get("message-id") or "") if isinstance(headers, dict) else ""


def _failed(event: Mapping[str, Any], message_id: int, at: datetime) -> Moved:
    """A failure: only one about the recipient suppresses the address."""
    status = event.get("delivery-status") or {}
    words = str(status.get("message") or status.get("description") or event.get("reason") or "")[:500]
    enhanced, number = str(status.get("enhanced-code") or ""), str(status.get("code") or "")
    code = enhanced or number or None
    if event.get("severity") == "temporary":  # Mailgun keeps trying: neither sent nor failed yet
        return Moved(None, at, message_id, error_code=code, error_message=words or None)
    stop = _SUPPRESSED.get(str(event.get("reason"))) or _SUPPRESSED_BY_CODE.get(number)
    if stop is None:
        known = words if words.startswith(enhanced) else f"{enhanced} {words}"
        reply = Reply(int(number) if number.isascii() and number.isdigit() else 550, known)
        stop = "hard_bounce" if about(Refusal(Stage.RCPT, reply)) is About.RECIPIENT else None
    moved: Status = "bounced" if stop == "hard_bounce" else "failed"
    return Moved(moved, at, message_id, None, code, words or None, stop=stop)
