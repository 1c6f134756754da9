"""WhatsApp Cloud API (Meta): template and text messages out, statuses and inbound messages as signed webhooks.

Source: developers.facebook.com/docs/whatsapp/cloud-api (messages, webhooks/components; `biz_opaque_callback_data` comes
back with every status; X-Hub-Signature-256 is HMAC-SHA256 of the raw body with the app's secret).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson

from py360.kit import ids
from py360.kit.vendor import VendorError
from py360.kit.webhooks import Item, Request, digest_key
from py360.modules.messaging.messages import Admitted, Delivery
from py360.modules.messaging.render import Links, compile_message
from py360.modules.messaging.vendors.base import Inbound, Moved, Status, failure, no_account, price, sent, too_fast
from py360.modules.messaging.vendors.http import HttpTransport, odd_answer, refusal, text
from py360.modules.providers.api import MetaSettings, ProviderAccount
from py360.modules.templates.api import Template

BASE_URL: Final = "https://graph.facebook.com"
API_VERSION: Final = "v23.0"
_STATUS: Final[Mapping[str, Status]] = {"sent": "sent", "delivered": "delivered", "read": "opened", "failed": "failed"}
# developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes. Throttled: the app, the business, the number.
_TOO_FAST: Final = frozenset({"4", "80007", "130429", "131048", "133016"})
# About us: token, permission, locked or restricted account, payment, an unregistered number, a paused business.
_ACCOUNT: Final = frozenset(
    {
        "0",
        "3",
        "10",
        "190",
        "200",
        "368",
        "130497",
        "131005",
        "131031",
        "131037",
        "131042",
        "131045",
        "133010",
        "141006",
    }
)
_LATER: Final = frozenset({"131016", "131049", "131056", "131057", "133004"})  # this message, at another time
_NOT_ON_WHATSAPP: Final = frozenset({"131026"})  # the number is not on WhatsApp, or its app is too old
_STOPPED: Final = frozenset({"131050"})  # the person stopped marketing messages of this business
_PREFERENCES: Final[Mapping[str, Literal["stop", "start"]]] = {"stop": "stop", "resume": "start"}
_WINDOW_CLOSED: Final = frozenset({"131047"})
WINDOW_SENTENCE: Final = "WhatsApp delivers free text only within 24 hours of the customer's last message. Send an approved template instead."


def wire_name(template: Template) -> str:
    """The template's name at Meta: lower case letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", template.name.lower()).strip("_")[:512]


class MetaTransport(HttpTransport):
    """A WhatsApp number at Meta."""

    vendor = "Meta"

    def __init__(self, account: ProviderAccount) -> None:
        super().__init__(account)
        config = account.expect(MetaSettings)
        base = f"{config.base_url or BASE_URL}/{config.api_version or API_VERSION}"
        self._number = f"{base}/{config.phone_number_id}"
        self._cost = price(account)

    def headers(self) -> dict[str, str]:
        """Bearer authorisation."""
        token = self.account.expect(MetaSettings).access_token.get_secret_value()
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    async def one(self, admitted: Admitted) -> Delivery:
        """Send one message."""
        answer = await self.ask("POST", f"{self._number}/messages", orjson.dumps(payload(admitted)))
        if not 200 <= answer.status < 300:
            return _refused(admitted, answer.status, answer.object("error"))
        messages = answer.fields.get("messages")
        first = messages[0] if isinstance(messages, list) and messages else None
        wamid = text(first.get("id"), 255) if isinstance(first, dict) else ""
        if not wamid:
            raise odd_answer(self.vendor)
        return sent(admitted, wamid, self._cost)

    async def check(self) -> str:
        """Read the number."""
        answer = await self.ask("GET", self._number)
        if answer.status != 200:
            raise VendorError(f"Meta refused the number or token ({answer.status}).", permanent=answer.status < 500)
        return "Meta answers and knows this number."


def _refused(admitted: Admitted, status: int, error: Mapping[str, Any]) -> Delivery:
    """Meta's refusal: about the number, about us, or about this message."""
    code = text(error.get("code"))
    data = error.get("error_data")
    message = text(data.get("details")) if isinstance(data, dict) else ""
    message = message or text(error.get("message"))
    if code in _ACCOUNT:
        return failure(admitted, no_account(f"{message} (Meta error {code})"))
    if code in _TOO_FAST:
        return failure(admitted, too_fast(message))
    if code in _LATER:
        return failure(admitted, VendorError(message or f"Meta error {code}", code=code))
    if code in _WINDOW_CLOSED:
        return failure(admitted, VendorError(WINDOW_SENTENCE, code=code, permanent=True))
    refused = refusal("Meta", status, code, message)
    return failure(admitted, refused, bounced=code in _NOT_ON_WHATSAPP, opted_out=code in _STOPPED)


def payload(admitted: Admitted) -> dict[str, Any]:
    """The request for one message: a template with its values by position, or free text (inside the 24-hour window)."""
    outgoing = admitted.outgoing
    message: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": outgoing.contact.lstrip("+"),
        "biz_opaque_callback_data": ids.code("whatsapp", admitted.message_id),
    }
    if outgoing.template is None:
        return {**message, "type": "text", "text": {"preview_url": True, "body": outgoing.body or ""}}
    values = compile_message(outgoing).parameters(
        Links(admitted.message_id, outgoing.channel, admitted.tracked), outgoing.values
    )
    # Meta refuses an empty parameter, and line breaks in one (error 132012)
    parameters = [{"type": "text", "text": " ".join(value.split()) or "-"} for value in values]
    template: dict[str, Any] = {"name": wire_name(outgoing.template), "language": {"code": outgoing.template.language}}
    if parameters:
        template["components"] = [{"type": "body", "parameters": parameters}]
    return {**message, "type": "template", "template": template}


def parse(request: Request) -> list[Item]:
    """The events of a request, each by itself: one of an odd shape becomes a dead letter, and the others are taken.

    Raises ValueError and AttributeError when the request is none of Meta's.
    """
    items: list[Item] = []
    for entry in _list(orjson.loads(request.body).get("entry")):
        for change in _list(entry.get("changes") if isinstance(entry, dict) else entry):
            value = change.get("value") if isinstance(change, dict) else None
            if not isinstance(value, dict):
                items.append(_odd(change, frozenset()))
                continue
            metadata = value.get("metadata")
            number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
            names = frozenset({str(number or entry.get("id"))}) if number or entry.get("id") else frozenset()
            for field, key in _KEYS.items():
                items += [_item(each, key, names) for each in _list(value.get(field))]
    return items


# What tells an event from another, by the field it stands in (webhooks/reference).
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "statuses": ("id", "status"),
    "messages": ("id",),
    "user_preferences": ("wa_id", "value", "timestamp"),
}


def _list(value: object) -> list[Any]:
    """A list as it is, nothing as an empty one; anything else is one odd item."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _item(item: object, key: tuple[str, ...], names: frozenset[str]) -> Item:
    if isinstance(item, dict) and all(isinstance(item.get(name), str | int) for name in key):
        return Item(":".join(str(item[name]) for name in key), item, names=names)
    return _odd(item, names)


def _odd(item: object, names: frozenset[str]) -> Item:
    """What cannot be keyed: applied when it can be, else a dead letter by itself."""
    return Item(digest_key(item), item if isinstance(item, dict) else {"item": item}, names=names)


def verify(account: ProviderAccount, request: Request) -> bool:
    """X-Hub-Signature-256: HMAC-SHA256 of the raw body with the app's secret."""
    secret = account.expect(MetaSettings).app_secret
    if secret is None:
        return False
    expected = "sha256=" + hmac.new(secret.get_secret_value().encode(), request.body, hashlib.sha256).hexdigest()
    given = request.headers.get("x-hub-signature-256", "")
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def translate(event: Mapping[str, Any], received_at: datetime) -> Moved | Inbound | None:
    """A status, a message or a changed preference in our words. A status we do not know moves nothing."""
    if "category" in event and "value" in event:
        return _preference(event, received_at)
    if "from" in event:
        return _inbound(event, received_at)
    at = datetime.fromtimestamp(int(event["timestamp"]), UTC)
    error = (event.get("errors") or [{}])[0]
    code = str(error.get("code") or "") or None
    ours = str(event.get("biz_opaque_callback_data") or "")
    moved = _STATUS.get(str(event["status"]))
    if moved == "failed" and code in _NOT_ON_WHATSAPP:
        moved = "bounced"
    details = error.get("error_data", {}).get("details") or error.get("title") or error.get("message")
    if code in _WINDOW_CLOSED:
        details = WINDOW_SENTENCE
    return Moved(
        moved,
        at,
        message_id=ids.message_number(ours) if ours.startswith(ids.PREFIXES["whatsapp"]) else None,
        vendor_message_id=str(event["id"]),
        error_code=code,
        error_message=str(details) if details else None,
        stop="unsubscribe" if code in _STOPPED else "hard_bounce" if moved == "bounced" else None,
    )


def _inbound(event: Mapping[str, Any], received_at: datetime) -> Inbound:
    """A message: its text, or the button or list entry that was chosen (webhooks/reference/messages)."""
    button, interactive = event.get("button") or {}, event.get("interactive") or {}
    reply = interactive.get("button_reply") or interactive.get("list_reply") or {}
    chosen = (button.get("text"), button.get("payload"), reply.get("title"), reply.get("id"))
    choices = tuple(str(each) for each in chosen if each)
    text = (event.get("text") or {}).get("body") or next(iter(choices), "")
    answers = (event.get("context") or {}).get("id")
    return Inbound(_number(event["from"]), str(text), _moment(event, received_at), answers, choices)


def _preference(event: Mapping[str, Any], received_at: datetime) -> Inbound | None:
    """The person stopped or resumed marketing messages in the settings of WhatsApp (webhooks/reference/user_preferences)."""
    asks = _PREFERENCES.get(str(event["value"]).lower())
    if asks is None:
        return None
    return Inbound(_number(event["wa_id"]), str(event.get("detail") or ""), _moment(event, received_at), asks=asks)


def _number(given: object) -> str:
    return "+" + str(given).lstrip("+")


def _moment(event: Mapping[str, Any], received_at: datetime) -> datetime:
    """When the person wrote; when it arrived, where the vendor does not say: no opt-out is lost for a missing time."""
    try:
        return datetime.fromtimestamp(int(event["timestamp"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return received_at.astimezone(UTC)
