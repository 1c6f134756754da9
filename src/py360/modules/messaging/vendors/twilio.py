"""Twilio: SMS out through the Messages resource; status callbacks and inbound texts come as signed forms.

Sources: twilio.com/docs/messaging/api/message-resource, /docs/usage/security#validating-requests (HMAC-SHA1 over the
callback's URL and its sorted parameters), /docs/api/errors.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

import aiohttp

from py360.kit import ids
from py360.kit.settings import settings
from py360.kit.vendor import VendorError
from py360.modules.messaging.messages import Admitted, Delivery
from py360.modules.messaging.render import text_of
from py360.modules.messaging.vendors.base import Hook, HttpTransport, Inbound, Moved, Status, price, refusal, sent
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
_NO_SUCH_NUMBER: Final = frozenset({"30005", "30006", "21211", "21214", "21614"})
_STOPPED: Final = frozenset({"21610"})  # the recipient sent STOP to this sender
# What Advanced Opt-Out made of an inbound text, whatever word it was (help.twilio.com, "OptOutType parameter")
_OPT_OUT_TYPES: Final[Mapping[str, Literal["stop", "start"]]] = {"STOP": "stop", "START": "start"}


class TwilioTransport(HttpTransport):
    """An SMS account at Twilio."""

    no_such_address = _NO_SUCH_NUMBER
    opted_out = _STOPPED
    account_refused = frozenset({"20003", "20005"})  # wrong sign-in; suspended account

    def __init__(self, account: ProviderAccount) -> None:
        super().__init__(account)
        config = account.expect(TwilioSettings)
        self._url = f"{config.base_url or BASE_URL}/2010-04-01/Accounts/{config.account_sid}"
        service = config.messaging_service_sid
        self._sender = {"MessagingServiceSid": service} if service else {"From": config.from_number}
        self._callback = f"{settings().public_url}/api/webhooks/sms/twilio"

    def headers(self) -> dict[str, str]:
        """Basic authorisation with sid and token."""
        config = self.account.expect(TwilioSettings)
        return {"Authorization": aiohttp.encode_basic_auth(config.account_sid, config.auth_token.get_secret_value())}

    async def one(self, admitted: Admitted) -> Delivery:
        """Send one text."""
        outgoing = admitted.outgoing
        text = text_of(outgoing, admitted.message_id, admitted.tracked)
        form = {
            **self._sender,
            "To": outgoing.contact,
            "Body": text,
            "StatusCallback": f"{self._callback}?message={ids.code('sms', admitted.message_id)}",
        }
        async with self.session.post(f"{self._url}/Messages.json", data=form, allow_redirects=False) as response:
            answer = await response.json(content_type=None)
            if response.status >= 400:
                raise refusal(response.status, str(answer.get("code", "")), str(answer.get("message", "")))
        return sent(admitted, str(answer["sid"]), price(self.account, segments(text).parts))

    async def check(self) -> str:
        """Read the account."""
        async with self.session.get(f"{self._url}.json", allow_redirects=False) as response:
            if response.status != 200:
                raise VendorError(f"Twilio refused the account ({response.status}).", permanent=response.status < 500)
        return "Twilio answers and knows this account."


def signature(token: str, url: str, form: Sequence[tuple[str, str]]) -> str:
    """Twilio's signature of a request."""
    data = url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), data.encode(), hashlib.sha1).digest()).decode()


def read(account: ProviderAccount, body: bytes, url: str, given: str) -> list[Hook] | None:
    """The event of a callback; None when its signature is not this account's. Raises ValueError when malformed."""
    form = parse_qsl(body.decode(), keep_blank_values=True)
    token = account.expect(TwilioSettings).auth_token.get_secret_value()
    if not hmac.compare_digest(signature(token, url, form).encode(), given.encode()):
        return None
    fields = dict(form)
    sid = fields.get("MessageSid") or fields["SmsSid"]
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or "received"
    fields["_message"] = dict(parse_qsl(url.partition("?")[2])).get("message", "")
    return [Hook(f"{sid}:{status}", fields)]


def translate(fields: Mapping[str, Any], received_at: datetime) -> Moved | Inbound | None:
    """A callback in our words. Twilio sends no moment with it, so the arrival counts."""
    at = received_at.astimezone(UTC)
    status = fields.get("MessageStatus") or fields.get("SmsStatus") or "received"
    if status in {"received", "receiving"}:
        chosen = tuple(str(fields[name]) for name in ("ButtonText", "ButtonPayload") if fields.get(name))
        asks = _OPT_OUT_TYPES.get(str(fields.get("OptOutType") or "").upper())
        sender = str(fields["From"]).removeprefix("whatsapp:")
        return Inbound(sender, str(fields.get("Body", "")), at, choices=chosen, asks=asks)
    code = str(fields.get("ErrorCode") or "") or None
    code_text = str(fields.get("_message") or "")
    ours = ids.message_number(code_text) if code_text else None
    moved = _STATUS.get(str(status))
    if moved == "failed" and code in _NO_SUCH_NUMBER:
        moved = "bounced"
    return Moved(
        moved,
        at,
        message_id=ours,
        vendor_message_id=str(fields.get("MessageSid") or fields.get("SmsSid")),
        error_code=code,
        error_message=str(fields.get("ErrorMessage") or (f"Twilio error {code}" if code else "")) or None,
        stop="unsubscribe" if code in _STOPPED else "hard_bounce" if moved == "bounced" else None,
    )
