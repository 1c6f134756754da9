"""Twilio's Calls resource: the first leg is answered at once, the second after a moment.

Sources: twilio.com/docs/voice/api/call-resource (creation, StatusCallback and its parameters), twilio.com/docs/voice/twiml/dial
(`action` and DialCallStatus). A number that ends in 00 is busy, one in 01 does not answer, the others talk for 42 seconds.
"""

import re
import secrets
from email.utils import format_datetime
from html import unescape
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from py360.kit.wire import dumps
from py360.sandbox.courier import Courier
from py360.sandbox.twilio import API, refusal, signature
from py360.sandbox.world import World

TALK_SECONDS: Final = 42
_NUMBER: Final = re.compile(r"\+[1-9]\d{7,14}")
_DIALLED: Final = re.compile(r'<Dial[^>]*action="([^"]*)"[^>]*>\s*<Number>([^<]*)</Number>')
_OUTCOMES: Final = {"00": "busy", "01": "no-answer"}


class TwilioVoice:
    """The vendor's side: the calls that were made, and the callbacks it owes."""

    def __init__(self, world: World, courier: Courier) -> None:
        self.world = world
        self.calls: list[dict[str, str]] = []
        self._courier = courier

    def create(self, account: str, fields: dict[str, str]) -> dict[str, object]:
        """A call, and the API's answer. Raises Refused."""
        to, sender = fields.get("To", ""), fields.get("From", "")
        if not sender:
            raise refusal(400, 21213, "No 'From' number is specified")
        if not _NUMBER.fullmatch(to):
            raise refusal(400, 21211, f"Invalid 'To' Phone Number: {to}")
        dialled = _DIALLED.search(fields.get("Twiml", ""))
        if dialled is None:
            raise refusal(400, 21205, "Url parameter is required.")
        sid = "CA" + secrets.token_hex(16)
        call = {
            "CallSid": sid,
            "AccountSid": account,
            "From": sender,
            "To": to,
            "ApiVersion": API,
            "Direction": "outbound-api",
        }
        self.calls.append({**call, "Dialled": unescape(dialled[2])})
        outcome = _OUTCOMES.get(unescape(dialled[2])[-2:], "completed")
        status, action = fields.get("StatusCallback", ""), unescape(dialled[1])
        steps = (
            (
                0.1,
                status,
                {"CallStatus": "in-progress", "CallbackSource": "call-progress-events", "SequenceNumber": "0"},
            ),
            (0.2, action, _dialled(outcome)),
            (0.3, status, {"CallStatus": "completed", "CallDuration": str(TALK_SECONDS), "SequenceNumber": "1"}),
        )
        for seconds, url, more in steps:
            self._report(seconds, url, {**call, **more})
        moment = format_datetime(self.world.now())
        return {
            "sid": sid, "account_sid": account, "api_version": API, "to": to, "from": sender, "status": "queued",
            "direction": "outbound-api", "date_created": moment, "date_updated": moment, "duration": None, "price": None,
            "uri": f"/{API}/Accounts/{account}/Calls/{sid}.json",
        }  # fmt: skip

    def _report(self, seconds: float, url: str, fields: dict[str, str]) -> None:
        def post() -> None:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Twilio-Signature": signature(self.world.secret, url, fields),
            }
            self._courier.post(url, urlencode(fields).encode(), headers)

        if url:
            self.world.timeline.after(seconds, post)


def _dialled(outcome: str) -> dict[str, str]:
    fields = {"CallStatus": "in-progress", "DialCallStatus": outcome, "DialCallSid": "CA" + secrets.token_hex(16)}
    return fields | ({"DialCallDuration": str(TALK_SECONDS)} if outcome == "completed" else {})


def routes(voice: TwilioVoice) -> APIRouter:
    """The REST path."""
    world = voice.world

    async def guard(account: str, request: Request) -> None:
        if not world.knows(request, user=account):
            raise refusal(401, 20003, "Authenticate")

    router = APIRouter(tags=["twilio"], dependencies=[Depends(guard)])

    @router.post(f"/{API}/Accounts/{{account}}/Calls.json")
    async def create(account: str, request: Request) -> Response:
        """Make a call."""
        made = voice.create(account, await world.form(request))
        return Response(dumps(made), 201, media_type="application/json")

    return router
