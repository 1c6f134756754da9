"""WhatsApp Cloud API (Meta): template and text messages out, statuses and inbound messages as signed webhooks.

Source: developers.facebook.com/docs/whatsapp/cloud-api (messages, webhooks/components; `biz_opaque_callback_data` comes
back with every status; X-Hub-Signature-256 is HMAC-SHA256 of the raw body with the app's secret).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import orjson

from py360.kit import ids
from py360.kit.vendor import VendorError
from py360.kit.webhooks import Item, JsonObject, Request, digest_key
from py360.modules.messaging.messages import ACCOUNT_REFUSED, Admitted, Delivery
from py360.modules.messaging.render import Links, compile_message
from py360.modules.messaging.vendors.base import Inbound, Moved, Status, failure, no_account, price, sent, too_fast
from py360.modules.messaging.vendors.http import HttpTransport, odd_answer, refusal
from py360.modules.messaging.vendors.meta_bodies import (
    Accepted,
    Error,
    InboundEvent,
    PreferenceEvent,
    Refusal,
    StatusEvent,
)
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
        *map(str, range(200, 300)),
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
# About the template: missing at Meta, against its policy, paused or disabled. It would meet every message of the campaign.
_TEMPLATE: Final = frozenset({"132001", "132007", "132015", "132016"})
_NO_SUCH_OBJECT: Final = ("100", "33")  # code and subcode: the phone number id is wrong, or not this token's
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
            return _refused(admitted, answer.status, Refusal.of(answer.fields).error)
        messages = Accepted.of(answer.fields).messages
        if not messages or not messages[0].id:
            raise odd_answer(self.vendor)
        return sent(admitted, messages[0].id[:255], self._cost)

    async def check(self) -> str:
        """Read the number."""
        answer = await self.ask("GET", self._number)
        if answer.status != 200:
            raise VendorError(f"Meta refused the number or token ({answer.status}).", permanent=answer.status < 500)
        return "Meta answers and knows this number."


def _refused(admitted: Admitted, status: int, error: Error) -> Delivery:
    """Meta's refusal: about the number, about us, or about this message."""
    code, message = error.code, (error.error_data.details or error.message)[:500]
    if code in _ACCOUNT or (code, error.error_subcode) == _NO_SUCH_OBJECT:
        return failure(admitted, no_account(f"{message} (Meta error {code})"))
    if code in _TEMPLATE:
        sentence = f"Meta does not send this template: {message} (Meta error {code})"
        return failure(admitted, VendorError(sentence, code=ACCOUNT_REFUSED))
    if code in _TOO_FAST:
        return failure(admitted, too_fast(message))
    if code in _LATER:
        return failure(admitted, VendorError(message or f"Meta error {code}", code=code))
    if code in _WINDOW_CLOSED:
        return failure(admitted, VendorError(WINDOW_SENTENCE, code=code, permanent=True))
    refused = refusal("Meta", status, code, message)
    return failure(admitted, refused, bounced=code in _NOT_ON_WHATSAPP, opted_out=code in _STOPPED)


def payload(admitted: Admitted) -> dict[str, object]:
    """The request for one message: a template with its values by position, or free text (inside the 24-hour window)."""
    outgoing = admitted.outgoing
    message: dict[str, object] = {
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
    template: dict[str, object] = {
        "name": wire_name(outgoing.template),
        "language": {"code": outgoing.template.language},
    }
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
            name = number or (entry.get("id") if isinstance(entry, dict) else None)
            names = frozenset({str(name)}) if name else frozenset()
            for field, key in _KEYS.items():
                items += [_item(each, key, names) for each in _list(value.get(field))]
    return items


# What distinguishes an event from another, by the field it is in (webhooks/reference).
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "statuses": ("id", "status"),
    "messages": ("id",),
    "user_preferences": ("wa_id", "value", "timestamp"),
}


def _list(value: object) -> list[object]:
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


def translate(event: JsonObject, received_at: datetime) -> Moved | Inbound | None:
    """A status, a message or a changed preference in our words; a status that is not known moves nothing.

    Raises ValueError for an event of another shape. Where the vendor reports no time, that of the arrival counts.
    """
    if "category" in event and "value" in event:
        return _preference(PreferenceEvent.model_validate(event), received_at)
    if "from" in event:
        return _inbound(InboundEvent.model_validate(event), received_at)
    return _moved(StatusEvent.model_validate(event))


def _moved(event: StatusEvent) -> Moved:
    error = event.errors[0] if event.errors else Error()
    moved = _STATUS.get(event.status)
    if moved == "failed" and error.code in _NOT_ON_WHATSAPP:
        moved = "bounced"
    details = error.error_data.details or error.title or error.message
    ours = event.biz_opaque_callback_data
    return Moved(
        moved,
        datetime.fromtimestamp(event.timestamp, UTC),
        message_id=ids.message_number(ours) if ours.startswith(ids.PREFIXES["whatsapp"]) else None,
        vendor_message_id=event.id,
        error_code=error.code or None,
        error_message=(WINDOW_SENTENCE if error.code in _WINDOW_CLOSED else details) or None,
        stop="unsubscribe" if error.code in _STOPPED else "hard_bounce" if moved == "bounced" else None,
    )


def _inbound(event: InboundEvent, received_at: datetime) -> Inbound:
    """A message: its text, or the button or list entry that was chosen."""
    choices = event.choices
    text = event.text.body or next(iter(choices), "")
    at = event.timestamp or received_at.astimezone(UTC)
    return Inbound(_number(event.sender), text, at, event.context.id or None, choices)


def _preference(event: PreferenceEvent, received_at: datetime) -> Inbound | None:
    """The person stopped or resumed marketing messages in the settings of WhatsApp."""
    asks = _PREFERENCES.get(event.value.lower())
    if asks is None:
        return None
    return Inbound(_number(event.wa_id), event.detail, event.timestamp or received_at.astimezone(UTC), asks=asks)


def _number(given: str) -> str:
    return "+" + given.lstrip("+")
