"""Vendors' webhooks: verified on the raw body, stored, answered. Applying them is a job's work."""

from typing import Annotated, Final, Literal

from fastapi import Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from py360.kit.errors import Forbidden, NotFound
from py360.kit.http import Public, Router
from py360.kit.settings import settings
from py360.kit.webhooks import Request as Incoming
from py360.modules.messaging.jobs import inbox
from py360.modules.messaging.webhooks import HOOKS, knows_verify_token

MAX_BODY = 2 << 20  # bytes
router = Router(dependencies=[Public], max_body_size=MAX_BODY)
alias = Router("", dependencies=[Public], max_body_size=MAX_BODY)  # `/webhook`, the specification's path, outside /api


Challenge = Annotated[str, Query(alias="hub.challenge", max_length=200)]
Mode = Annotated[str, Query(alias="hub.mode")]
Token = Annotated[str, Query(alias="hub.verify_token")]
Number = Annotated[int, Path(gt=0, lt=2**63)]
CHANNELS: Final = {"whatsapp": ("meta",), "sms": ("twilio",), "email": ("mailgun",)}


async def _receive(vendor: str, request: Request, account_id: int | None = None) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{settings().public_url}{request.url.path}{query}"
    await inbox.receive(HOOKS[vendor], Incoming(await request.body(), request.headers, url, account_id))
    if vendor == "twilio":
        return Response("<Response/>", media_type="application/xml")
    return Response(status_code=200)


async def _challenge(mode: str, token: str, challenge: str, account_id: int | None = None) -> Response:
    if mode != "subscribe" or not await knows_verify_token(token, account_id):
        raise Forbidden("The verify token is not the one of an account here.", code="bad_verify_token")
    return Response(challenge, media_type="text/plain")


@alias.get("/webhook", include_in_schema=False)
@router.get("/webhooks/whatsapp", response_class=PlainTextResponse)
async def whatsapp_challenge(mode: Mode = "", token: Token = "", challenge: Challenge = "") -> Response:
    """Meta's check that the address is ours: the challenge comes back when the token is an account's webhookToken."""
    return await _challenge(mode, token, challenge)


@router.get("/webhooks/whatsapp/meta/{account_id}", response_class=PlainTextResponse)
async def account_challenge(
    account_id: Number, mode: Mode = "", token: Token = "", challenge: Challenge = ""
) -> Response:
    """The same at the address of one account."""
    return await _challenge(mode, token, challenge, account_id)


@alias.post("/webhook", include_in_schema=False)
@router.post("/webhooks/whatsapp", response_class=Response)
async def whatsapp_events(request: Request) -> Response:
    """Statuses and messages from WhatsApp (X-Hub-Signature-256)."""
    return await _receive("meta", request)


@router.post("/webhooks/sms/{provider}", response_class=Response)
async def sms_events(request: Request, provider: str) -> Response:
    """Delivery receipts and answers of text messages (Twilio: X-Twilio-Signature over the public address)."""
    return await _receive(_known("sms", provider), request)


@router.post("/webhooks/email/{provider}", response_class=Response)
async def email_events(request: Request, provider: str) -> Response:
    """Deliveries, failures, complaints of e-mails (Mailgun: signature in the body)."""
    return await _receive(_known("email", provider), request)


@router.post("/webhooks/{channel}/{type}/{account_id}", response_class=Response)
async def account_events(
    request: Request, channel: Literal["email", "sms", "whatsapp"], type: str, account_id: Number
) -> Response:
    """Events at the address of one account, as the account's page shows it for registering at the vendor."""
    return await _receive(_known(channel, type), request, account_id)


def _known(channel: str, type: str) -> str:
    if type not in CHANNELS[channel]:
        raise NotFound(f"There are no webhooks for {type[:50]} here.")
    return type
