"""Twilio's Messages resource.

Sources: twilio.com/docs/messaging/api/message-resource, .../guides/track-outbound-message-status,
.../guides/webhook-request, twilio.com/docs/usage/security (signatures), twilio.com/docs/api/errors.
"""

import base64
import hmac
import re
import secrets
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from py360.kit.wire import dumps
from py360.sandbox.courier import Courier
from py360.sandbox.journal import Message
from py360.sandbox.world import Refused, World

API: Final = "2010-04-01"
_NUMBER: Final = re.compile(r"\+[1-9]\d{7,14}")
STOP_WORDS: Final = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
START_WORDS: Final = frozenset({"start", "unstop", "yes"})


class Twilio:
    """The vendor's side: who stopped whom, and the callbacks it owes."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self.account = ""  # the last account that sent; inbound messages belong to one
        self.stopped_by: set[str] = set()
        self._courier = courier

    def sent(self, message: Message) -> None:
        """Callback `sent`."""
        self._status(message, "sent")

    def delivered(self, message: Message) -> None:
        """Callback `delivered`, with the carrier's receipt."""
        self._status(message, "delivered", RawDlrDoneDate=self.world.now().strftime("%y%m%d%H%M"))

    def failed(self, message: Message) -> None:
        """Callback `undelivered`: unreachable handset."""
        self._status(message, "undelivered", ErrorCode="30003")

    def deferred(self, message: Message) -> None:
        """Carriers report no delays."""

    def opened(self, message: Message) -> bool:
        """An SMS has no receipt and no picture: nothing is known."""
        return True

    def stopped(self, message: Message) -> bool:
        """The customer answers STOP."""
        self.inbound(message.recipient, "STOP", message.sender)
        return True

    def complained(self, message: Message) -> None:
        """Twilio does not report spam complaints."""

    async def take(self, account: str, fields: dict[str, str]) -> dict[str, Any]:
        """An SMS to a customer, and the API's answer. Raises Refused."""
        if self.world.audience.crowded:
            raise refusal(429, 20429, "Too Many Requests")
        to, body = fields.get("To", ""), fields.get("Body", "")
        service, sender = fields.get("MessagingServiceSid"), fields.get("From")
        if not service and not sender:
            raise refusal(400, 21603, "A 'From' phone number is required.")
        if not body:
            raise refusal(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
        if not _NUMBER.fullmatch(to) or self.world.audience.refuses("sms", to):
            raise refusal(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if to in self.stopped_by:
            raise refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        self.account = account
        message = Message("SM" + secrets.token_hex(16), "sms", service or sender or "", to, body, self.world.now())
        message.callback = fields.get("StatusCallback", "")
        message.details = {"account": account}
        await self.world.audience.receive(message)
        return _resource(message, account, service, message.received_at)

    def inbound(self, sender: str, text: str, to: str) -> str:
        """A customer's answer; STOP makes Twilio refuse further messages with 21610, START allows them again."""
        sid = "SM" + secrets.token_hex(16)
        word = text.strip().lower()
        fields = {
            "ToCountry": "IN",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "SmsSid": sid,
            "SmsStatus": "received",
            "FromCountry": "IN",
            "Body": text,
            "To": to,
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": self.account,
            "From": sender,
            "ApiVersion": API,
        }
        if to.startswith("MG"):
            fields |= {"MessagingServiceSid": to, "To": "+918045671234"}
        if word in STOP_WORDS:
            self.stopped_by.add(sender)
            fields["OptOutType"] = "STOP"
        elif word in START_WORDS:
            self.stopped_by.discard(sender)
            fields["OptOutType"] = "START"
        self._post(f"{self.world.callback}/api/webhooks/sms/twilio", fields)
        return sid

    def _status(self, message: Message, status: str, **more: str) -> None:
        if not message.callback:
            return
        fields = {
            **more,
            "SmsSid": message.id,
            "SmsStatus": status,
            "MessageStatus": status,
            "To": message.recipient,
            "MessageSid": message.id,
            "AccountSid": message.details["account"],
            "From": message.sender,
            "ApiVersion": API,
        }
        if message.sender.startswith("MG"):
            fields |= {"MessagingServiceSid": message.sender, "From": "+918045671234"}
        self._post(message.callback, fields)

    def _post(self, url: str, fields: dict[str, str]) -> None:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature(self.world.secret, url, fields),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        self._courier.post(url, urlencode(fields).encode(), headers)


def signature(token: str, url: str, fields: dict[str, str]) -> str:
    """Base64 of HMAC-SHA1 over the address and the sorted names and values."""
    text = url + "".join(name + value for name, value in sorted(fields.items()))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def segments(body: str) -> int:
    """How many SMS a text takes: 160/153 characters in GSM-7 (ASCII here), 70/67 otherwise."""
    single, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= single else -(-len(body) // joined)


def refusal(status: int, code: int, message: str) -> Refused:
    """Twilio's refusal of a request."""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Refused(Response(dumps(body), status, media_type="application/json"))


def _resource(message: Message, account: str, service: str | None, at: datetime) -> dict[str, Any]:
    path = f"/{API}/Accounts/{account}/Messages/{message.id}"
    moment = format_datetime(at)
    return {
        "account_sid": account,
        "api_version": API,
        "body": message.body,
        "date_created": moment,
        "date_sent": None,
        "date_updated": moment,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": None if service else message.sender,
        "messaging_service_sid": service,
        "num_media": "0",
        "num_segments": "0" if service else str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.id,
        "status": "accepted" if service else "queued",
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": message.recipient,
        "uri": f"{path}.json",
    }


def routes(twilio: Twilio) -> APIRouter:
    """The REST paths."""
    world = twilio.world

    async def guard(account: str, request: Request) -> None:
        if not world.knows(request, user=account):
            raise refusal(401, 20003, "Authenticate")

    router = APIRouter(tags=["twilio"], dependencies=[Depends(guard)])

    @router.get(f"/{API}/Accounts/{{account}}.json")
    async def account_resource(account: str) -> Response:
        """The account: what a connection test asks for."""
        body = {"sid": account, "friendly_name": "Py360 Sandbox", "status": "active", "type": "Trial"}
        return Response(dumps(body), media_type="application/json")

    @router.post(f"/{API}/Accounts/{{account}}/Messages.json")
    async def create(account: str, request: Request) -> Response:
        """Send an SMS."""
        made = await twilio.take(account, await world.form(request))
        return Response(dumps(made), 201, media_type="application/json")

    return router
