"""Twilio Voice: a call rings the agent's phone first and connects the customer when the agent picks up.

Sources: twilio.com/docs/voice/api/call-resource (creating a call, StatusCallback), twilio.com/docs/voice/twiml/dial and
/number (the second leg, its `action` and DialCallStatus), twilio.com/docs/usage/security#validating-requests.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

import aiohttp
import orjson

from py360.kit import egress
from py360.kit.vendor import TIMEOUT_SECONDS, Body, Text, VendorError
from py360.kit.webhooks import Item, JsonObject, Request
from py360.modules.providers.api import ProviderAccount, TwilioVoiceSettings

TYPE: Final = "twilio-voice"
BASE_URL: Final = "https://api.twilio.com"
RING_SECONDS: Final = 30
ANSWER_BYTES: Final = 64 << 10
# Of either leg; `answered` only in older documents of the vendor.
_ENDED: Final = {
    "busy": "The line was busy.",
    "no-answer": "Nobody answered.",
    "failed": "The number could not be reached.",
    "canceled": "The call was cancelled before it was answered.",
}

Leg = Literal["agent", "customer"]


@dataclass(frozen=True, slots=True)
class Progress:
    """News of a call. The customer's leg says how the call ended, the agent's only that it is going on or never came about."""

    leg: Leg
    status: Literal["in_progress", "completed", "failed"]
    seconds: int | None
    problem: str | None
    at: datetime


class _Created(Body):
    sid: Text = ""
    code: Text = ""
    message: Text = ""


class Callback(Body):
    """The fields of a callback that are read."""

    CallSid: Text = ""
    CallStatus: Text = ""
    DialCallStatus: Text = ""
    DialCallDuration: Text = ""


async def connect(account: ProviderAccount, agent: str, customer: str, callback: str) -> str:
    """Have Twilio call the agent and then the customer; the call's sid. Both numbers in E.164.

    Raises VendorError: `permanent` when Twilio refused, `unclear` when it may have taken the call.
    """
    config = account.expect(TwilioVoiceSettings)
    number = f"<Number>{escape(customer)}</Number>"
    dial = f"<Dial callerId={quoteattr(config.from_number)} timeout={quoteattr(str(RING_SECONDS))} action={quoteattr(callback)}>"
    form = [
        ("To", agent),
        ("From", config.from_number),
        ("Twiml", f"<Response>{dial}{number}</Dial></Response>"),
        ("Timeout", str(RING_SECONDS)),
        ("StatusCallback", callback),
        *(("StatusCallbackEvent", event) for event in ("answered", "completed")),
    ]
    status, answer = await _ask(account, "POST", f"{_account_url(config)}/Calls.json", form)
    created = _Created.of(answer)
    if not 200 <= status < 300:
        reason = f"{created.message or 'no reason given'} (Twilio {created.code or status})"
        raise VendorError(f"Twilio refused the call: {reason}", code=created.code, permanent=status < 500)
    if not created.sid:
        raise VendorError("Twilio took the call and named no sid.", unclear=True)
    return created.sid


async def check(account: ProviderAccount) -> str:
    """Read the account. Raises VendorError when Twilio does not let it in."""
    status, _ = await _ask(account, "GET", f"{_account_url(account.expect(TwilioVoiceSettings))}.json")
    if status != 200:
        raise VendorError(f"Twilio refused the account ({status}).", permanent=status < 500)
    return "Twilio answers and knows this account."


def _account_url(config: TwilioVoiceSettings) -> str:
    return f"{config.base_url or BASE_URL}/2010-04-01/Accounts/{config.account_sid}"


async def _ask(
    account: ProviderAccount, method: str, url: str, form: Sequence[tuple[str, str]] = ()
) -> tuple[int, object]:
    config = account.expect(TwilioVoiceSettings)
    headers = {
        "Authorization": aiohttp.encode_basic_auth(config.account_sid, config.auth_token.get_secret_value()),
        "Accept-Encoding": "identity",
    }
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS),
                connector=egress.connector(1, trusted=account.is_sandbox),
                auto_decompress=False,
            ) as http,
            http.request(method, url, data=list(form) or None, headers=headers, allow_redirects=False) as answer,
        ):
            raw = await answer.content.read(ANSWER_BYTES)
            status = answer.status
    except aiohttp.ClientConnectorError as error:
        raise VendorError("Twilio could not be reached.") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise VendorError("Twilio did not answer: the call may have been made.", unclear=True) from error
    try:
        return status, orjson.loads(raw)
    except orjson.JSONDecodeError:
        return status, {}


def parse(request: Request) -> list[Item]:
    """The event of a callback. Raises ValueError and KeyError when the request is none of Twilio's."""
    fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    sid, account = fields["CallSid"], fields["AccountSid"]
    ours = dict(parse_qsl(request.url.partition("?")[2])).get("call", "")
    key = f"{sid}:{fields.get('DialCallStatus') or ''}:{fields['CallStatus']}"
    return [Item(key, {**fields, "_call": ours}, names=frozenset({account, fields.get("From", "")}) - {""})]


def verify(account: ProviderAccount, request: Request) -> bool:
    """X-Twilio-Signature: HMAC-SHA1 over the public address and the sorted parameters."""
    try:
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
    except ValueError:
        return False
    token = account.expect(TwilioVoiceSettings).auth_token.get_secret_value()
    data = request.url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    signed = base64.b64encode(hmac.digest(token.encode(), data.encode(), hashlib.sha1))
    return hmac.compare_digest(signed, request.headers.get("x-twilio-signature", "").encode("utf-8", "replace"))


def translate(payload: JsonObject, received_at: datetime) -> Progress | None:
    """A callback in our words; None for what says nothing new."""
    fields = Callback.of(payload)
    if dialled := fields.DialCallStatus:
        seconds = int(fields.DialCallDuration) if fields.DialCallDuration.isdecimal() else None
        if dialled in ("completed", "answered"):
            return Progress("customer", "completed", seconds, None, received_at)
        return Progress(
            "customer", "failed", None, _ENDED.get(dialled, f"The call ended: {dialled[:40]}."), received_at
        )
    if fields.CallStatus == "in-progress":
        return Progress("agent", "in_progress", None, None, received_at)
    if fields.CallStatus in _ENDED:
        return Progress("agent", "failed", None, f"Your own phone: {_ENDED[fields.CallStatus]}", received_at)
    if fields.CallStatus == "completed":
        return Progress("agent", "failed", None, "The call ended before the customer answered.", received_at)
    return None
