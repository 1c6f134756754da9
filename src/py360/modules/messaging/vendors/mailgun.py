"""Mailgun: mail leaves through its SMTP relay (see smtp.py); its events come as signed webhooks.

Source: documentation.mailgun.com, "Webhooks" and "Securing Webhooks": the signature is HMAC-SHA256 over timestamp + token with the
account's webhook signing key, and a token is to be honoured once.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import orjson

from py360.kit.webhooks import Item, JsonObject, Request
from py360.modules.messaging.vendors.base import ContactStop, Moved, Status, StopReason
from py360.modules.messaging.vendors.mailgun_bodies import Event, Source
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
    body = orjson.loads(request.body)
    source = Source.model_validate(body["event-data"])
    token = str(body["signature"]["token"])  # all that is signed beside the time: good for one event, sent again or not
    return [Item(source.id, body["event-data"], names=source.names, token=token)]


def verify(account: ProviderAccount, request: Request) -> bool:
    """Whether the account's key signed the request. The signature is in the body, beside the event."""
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


def translate(stored: JsonObject) -> Moved | ContactStop | None:
    """An event in our words; None when it is about no message of ours. An event that is not known moves nothing.

    A complaint or an opt-out counts without the message's headers, too: it names the recipient. Raises ValueError for an
    event of another shape.
    """
    event = Event.model_validate(stored)
    message_id = ledger_number(event.message.headers.message_id)
    at = datetime.fromtimestamp(event.timestamp, UTC)
    stop = _STOPS.get(event.event)
    if message_id is None:
        return ContactStop(event.recipient, at, stop) if stop is not None and event.recipient else None
    if event.event == "failed":
        return _failed(event, message_id, at)
    return Moved(_STATUS.get(event.event), at, message_id, stop=stop)


def _failed(event: Event, message_id: int, at: datetime) -> Moved:
    """A failure: only one about the recipient suppresses the address."""
    status = event.delivery_status
    words = (status.message or status.description or event.reason)[:500]
    code = status.enhanced_code or status.code or None
    if event.severity == "temporary":  # Mailgun keeps trying: neither sent nor failed yet
        return Moved(None, at, message_id, error_code=code, error_message=words or None)
    stop = _SUPPRESSED.get(event.reason) or _SUPPRESSED_BY_CODE.get(status.code)
    if stop is None:
        known = words if words.startswith(status.enhanced_code) else f"{status.enhanced_code} {words}"
        reply = Reply(int(status.code) if status.code.isascii() and status.code.isdigit() else 550, known)
        stop = "hard_bounce" if about(Refusal(Stage.RCPT, reply)) is About.RECIPIENT else None
    moved: Status = "bounced" if stop == "hard_bounce" else "failed"
    return Moved(moved, at, message_id, None, code, words or None, stop=stop)
