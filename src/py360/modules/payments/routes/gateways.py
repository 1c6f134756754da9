"""Events of the gateways: stored at once, applied by a job."""

from typing import Annotated, Final

from fastapi import Path, Request, Response

from py360.kit.errors import NotFound
from py360.kit.http import Answer, Public, ok
from py360.kit.settings import settings
from py360.kit.webhooks import Request as Incoming
from py360.modules.payments import jobs, webhooks
from py360.modules.payments.routes.base import router
from py360.modules.payments.views import WebhookReceived

MAX_WEBHOOK: Final = 1 << 20  # bytes
Number = Annotated[int, Path(gt=0, lt=2**63)]


async def _receive(type: str, request: Request, account_id: int | None = None) -> Response:
    hooks = webhooks.HOOKS.get(type)
    if hooks is None:
        raise NotFound(f"There are no payment webhooks of {type[:50]} here.")
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{settings().public_url}{request.url.path}{query}"
    new = await jobs.inbox.receive(hooks, Incoming(await request.body(), request.headers, url, account_id))
    return ok({"received": True, "duplicate": not any(new)})


@router.post(
    "/webhooks/razorpay", dependencies=[Public], max_body_size=MAX_WEBHOOK, response_model=Answer[WebhookReceived]
)
async def razorpay(request: Request) -> Response:
    """Signed events of Razorpay (X-Razorpay-Signature): stored at once, applied by a job."""
    return await _receive("razorpay", request)


@router.post(
    "/webhooks/stripe", dependencies=[Public], max_body_size=MAX_WEBHOOK, response_model=Answer[WebhookReceived]
)
async def stripe(request: Request) -> Response:
    """Signed events of Stripe (Stripe-Signature): stored at once, applied by a job."""
    return await _receive("stripe", request)


@router.post(
    "/webhooks/payment/{type}/{account_id}",
    dependencies=[Public],
    max_body_size=MAX_WEBHOOK,
    response_model=Answer[WebhookReceived],
)
async def payment_events(request: Request, type: str, account_id: Number) -> Response:
    """Signed events of a gateway at the address of one account, as the account's page shows it."""
    return await _receive(type, request, account_id)
