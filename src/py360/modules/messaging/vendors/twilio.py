"""Twilio: SMS out through the Messages resource; status callbacks and inbound texts come as signed forms.

Sources: twilio.com/docs/messaging/api/message-resource, /docs/usage/security#validating-requests (HMAC-SHA1 over the
callback's URL and its sorted parameters), /docs/api/errors.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import parse_qsl

import aiohttp
from pydantic import AliasChoices, Field

from py360.kit import ids
from py360.kit.settings import settings
from py360.kit.vendor import Body, Text, VendorError
from py360.kit.webhooks import Item, JsonObject, Request
from py360.modules.messaging.messages import Admitted, Delivery
from py360.modules.messaging.render import text_of
from py360.modules.messaging.vendors.base import Inbound, Moved, Status, failure, no_account, price, sent, too_fast
from py360.modules.messaging.vendors.http import HttpTransport, odd_answer, refusal
from py360.modules.providers.api import ProviderAccount, TwilioSettings
from py360.modules.templates.api import segments

BASE_URL: Final = "https://api.twilio.com"
_STATUS: Final[Mapping[str, Status]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "opened",
    "undelivered": "failed",
    "failed": "failed",
}
# twilio.com/docs/api/errors. About the recipient's number: it does not exist, is a landline or unreachable for good.
_NO_SUCH_NUMBER: Final = frozenset({"21211", "21214", "21217", "21614", "30005", "30006"})
_INBOUND: Final = frozenset({"received", "receiving"})
_STOPPED: Final = frozenset({"21610"})  # the recipient sent STOP to this sender
# What Advanced Opt-Out made of an inbound text, whatever word it was (help.twilio.com, "OptOutType parameter")
_OPT_OUT_TYPES: Final[Mapping[str, Literal["stop", "start"]]] = {"STOP": "stop", "START": "start"}
# About us: wrong sign-in, suspended, closed or trial account, no such account, no money, a sender that is not ours or not allowed
# to send there (registration, country). No other message would leave either.
_ACCOUNT: Final = frozenset(
    {
        "20003",
        "20005",
        "20403",
        "20404",
        "20006",
        "20008",
        "21212",
        "21603",
        "21606",
        "21607",
        "21608",
        "21659",
        "21660",
        "21661",
    }
    | {"21664", "21701", "21703", "21704", "21705", "21712", "30002", "30034", "63038", "90010"}
)
# Too many requests, a full queue, a daily cap.
_TOO_FAST: Final = frozenset({"20429", "14107", "21611", "30001", "30022", "30023", "30027"})


class _Refusal(Body):
    """The answer to a request that was refused (twilio.com/docs/usage/requests-to-twilio)."""

    code: Text = ""
    message: Text = ""


class _Accepted(Body):
    """The answer to a message that was taken."""

    sid: Text = ""


class _Callback(Body):
    """The form of a callback (twilio.com/docs/messaging/guides/webhook-request); `message` is our own, of its address."""

    sid: Text = Field("", validation_alias=AliasChoices("MessageSid", "SmsSid"))
    status: Text = Field("", validation_alias=AliasChoices("MessageStatus", "SmsStatus"))
    sender: Text = Field("", alias="From")
    body: Text = Field("", alias="Body")
    button_text: Text = Field("", alias="ButtonText")
    button_payload: Text = Field("", alias="ButtonPayload")
    opt_out_type: Text = Field("", alias="OptOutType")
    error_code: Text = Field("", alias="ErrorCode")
    error_message: Text = Field("", alias="ErrorMessage")
    message: Text = Field("", alias="_message")


class TwilioTransport(HttpTransport):
    """An SMS account at Twilio."""

    vendor = "Twilio"

    def __init__(self, account: ProviderAccount) -> None:
        super().__init__(account)
        config = account.expect(TwilioSettings)
        self._url = f"{config.base_url or BASE_URL}/2010-04-01/Accounts/{config.account_sid}"
        service = config.messaging_service_sid
        self._sender = {"MessagingServiceSid": service} if service else {"From": config.from_number}
        self._callback = f"{settings().public_url}/api/webhooks/sms/twilio/{account.id}"

    def headers(self) -> dict[str, str]:
        """Basic authorisation with sid and token."""
        config = self.account.expect(TwilioSettings)
        return {"Authorization": aiohttp.encode_basic_auth(config.account_sid, config.auth_token.get_secret_value())}

    async def one(self, admitted: Admitted) -> Delivery:
        """Send one text."""
        outgoing = admitted.outgoing
        body = text_of(outgoing, admitted.message_id, admitted.tracked)
        form = {
            **self._sender,
            "To": outgoing.contact,
            "Body": body,
            "StatusCallback": f"{self._callback}?message={ids.code('sms', admitted.message_id)}",
        }
        answer = await self.ask("POST", f"{self._url}/Messages.json", form)
        if not 200 <= answer.status < 300:
            refused = _Refusal.of(answer.fields)
            return _refused(admitted, answer.status, refused.code, refused.message[:500])
        taken = _Accepted.of(answer.fields)
        if not taken.sid:
            raise odd_answer(self.vendor)
        return sent(admitted, taken.sid[:255], price(self.account, segments(body).parts))

    async def check(self) -> str:
        """Read the account."""
        answer = await self.ask("GET", f"{self._url}.json")
        if answer.status != 200:
            raise VendorError(f"Twilio refused the account ({answer.status}).", permanent=answer.status < 500)
        return "Twilio answers and knows this account."


def _refused(admitted: Admitted, status: int, code: str, message: str) -> Delivery:
    """Twilio's refusal: about the number, about us, or about this message."""
    if code in _ACCOUNT:
        return failure(admitted, no_account(f"{message} (Twilio error {code})"))
    if code in _TOO_FAST:
        return failure(admitted, too_fast(message))
    error = refusal("Twilio", status, code, message)
    return failure(admitted, error, bounced=code in _NO_SUCH_NUMBER, opted_out=code in _STOPPED)


def signature(token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """Twilio's signature of a request."""
    data = url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), data.encode(), hashlib.sha1).digest()).decode()


def parse(request: Request) -> list[Item]:
    """The event of a callback: a status names the number it went from, an answer the number it came to.

    Raises ValueError and KeyError when the request is none of Twilio's.
    """
    fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    sid = fields.get("MessageSid") or fields["SmsSid"]
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or "received"
    fields["_message"] = dict(parse_qsl(request.url.partition("?")[2])).get("message", "")
    ours = fields.get("To" if status in _INBOUND else "From", "").removeprefix("whatsapp:")
    named = (ours, fields.get("MessagingServiceSid"), fields.get("AccountSid"))
    return [Item(f"{sid}:{status}", fields, names=frozenset(each for each in named if each))]


def verify(account: ProviderAccount, request: Request) -> bool:
    """X-Twilio-Signature, over the public address and the sorted parameters."""
    try:
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
    except ValueError:
        return False
    token = account.expect(TwilioSettings).auth_token.get_secret_value()
    given = request.headers.get("x-twilio-signature", "")
    return hmac.compare_digest(signature(token, request.url, form).encode(), given.encode("utf-8", "replace"))


def translate(stored: JsonObject, received_at: datetime) -> Moved | Inbound | None:
    """A callback in our words. Twilio sends no time with it, so the arrival counts. Raises ValueError for another shape."""
    callback = _Callback.model_validate(stored)
    at = received_at.astimezone(UTC)
    status = callback.status or "received"
    if status in _INBOUND:
        if not callback.sender:
            raise ValueError("the message names no sender")
        chosen = tuple(each for each in (callback.button_text, callback.button_payload) if each)
        asks = _OPT_OUT_TYPES.get(callback.opt_out_type.upper())
        return Inbound(callback.sender.removeprefix("whatsapp:"), callback.body, at, choices=chosen, asks=asks)
    code = callback.error_code or None
    moved = _STATUS.get(status)
    gone = moved == "failed" and code in _NO_SUCH_NUMBER
    return Moved(
        "bounced" if gone else moved,
        at,
        message_id=ids.message_number(callback.message) if callback.message else None,
        vendor_message_id=callback.sid,
        error_code=code,
        error_message=callback.error_message or (f"Twilio error {code}" if code else None),
        stop="unsubscribe" if code in _STOPPED else "hard_bounce" if gone else None,
    )
