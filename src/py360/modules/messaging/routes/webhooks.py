"""Vendors' webhooks: verified on the raw body, stored, answered. Applying them is a job's work."""

from typing import Annotated

from fastapi import Query, Request, Response

from py360.kit.errors import Forbidden, NotFound
from py360.kit.http import Public, Router
from py360.kit.settings import settings
from py360.modules.messaging import hooks
from py360.modules.messaging.vendors import mailgun, meta, twilio

MAX_BODY = 2 << 20  # bytes
router = Router(dependencies=[Public], max_body_size=MAX_BODY)
alias = Router("", dependencies=[Public], max_body_size=MAX_BODY)  # `/webhook`, the specification's path, outside /api


@alias.get("/webhook", include_in_schema=False)
@router.get("/webhooks/whatsapp")
async def whatsapp_challenge(
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    token: Annotated[str, Query(alias="hub.verify_token")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge", max_length=200)] = "",
) -> Response:
    """Meta's check that the address is ours: the challenge comes back when the token is an account's webhookToken."""
    if mode != "subscribe" or not await hooks.knows_verify_token("meta", token):
        raise Forbidden("The verify token is not the one of an account here.", code="bad_verify_token")
    return Response(challenge, media_type="text/plain")


@alias.post("/webhook", include_in_schema=False)
@router.post("/webhooks/whatsapp")
async def whatsapp_events(request: Request) -> Response:
    """Statuses and messages from WhatsApp (X-Hub-Signature-256)."""
    body, given = await request.body(), request.headers.get("x-hub-signature-256", "")
    await hooks.receive("meta", lambda account: meta.read(account, body, given))
    return Response(status_code=200)


@router.post("/webhooks/sms/{provider}")
async def sms_events(request: Request, provider: str) -> Response:
    """Delivery receipts and answers of text messages (Twilio: X-Twilio-Signature over the public address)."""
    if provider != "twilio":
        raise NotFound(f"There are no webhooks for {provider[:50]} here.")
    body, given = await request.body(), request.headers.get("x-twilio-signature", "")
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{settings().public_url}{request.url.path}{query}"
    await hooks.receive("twilio", lambda account: twilio.read(account, body, url, given))
    return Response("<Response/>", media_type="application/xml")


@router.post("/webhooks/email/{provider}")
async def email_events(request: Request, provider: str) -> Response:
    """Deliveries, failures, complaints of e-mails (Mailgun: signature in the body)."""
    if provider != "mailgun":
        raise NotFound(f"There are no webhooks for {provider[:50]} here.")
    body = await request.body()
    await hooks.receive("mailgun", lambda account: mailgun.read(account, body))
    return Response(status_code=200)
