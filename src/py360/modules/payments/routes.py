"""The HTTP face of payments. The customer's page also stands outside `/api`, where links point to."""

from typing import Annotated, Final

from fastapi import Path, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from py360.kit.errors import NotFound
from py360.kit.http import Answer, AsFile, DbReads, PageParams, Public, Res, Router, Session, listed, ok
from py360.kit.ids import number as key
from py360.kit.settings import settings
from py360.kit.webhooks import Request as Incoming
from py360.modules.payments import answers, jobs, queries, schemas, webhooks
from py360.modules.payments.access import CanReadPayments, CanTakePayments
from py360.modules.payments.balance import within_reach
from py360.modules.payments.pages import page as pages
from py360.modules.payments.service import checkout, record_receipt
from py360.modules.payments.service import refund as refunds
from py360.modules.payments.views import (
    OutstandingView,
    PaymentDetailView,
    PaymentList,
    PaymentTaken,
    RefundRequested,
    WebhookReceived,
)

router = Router()
root_router = Router("/pay")  # customers open it from a message: outside /api, too

MAX_WEBHOOK: Final = 1 << 20  # bytes
Number = Annotated[int, Path(gt=0, lt=2**63)]
Wanted = Annotated[str | None, Query(alias="lang", max_length=10, description="Language of the page")]


# ---------------------------------------------------------------- the office


@router.get("/cases/{case_id}/outstanding-amounts", response_model=Answer[OutstandingView])
async def outstanding(session: Session, resources: Res, caller: CanReadPayments, case_id: str) -> Response:
    """What is left to pay on a case, instalment by instalment; an untouched case owes its renewal amount."""
    case = await within_reach(session, caller, key("case", case_id))
    return ok(answers.outstanding(case, resources.clock.today()))


@router.post("/cases/{case_id}/payments", response_model=Answer[PaymentTaken])
async def take_payment(caller: CanTakePayments, case_id: str, body: schemas.NewPayment) -> Response:
    """Record money that came in by hand, or open an order that the customer pays online.

    Part payments go to the named instalments, else to the oldest due; more than is left is refused (422).
    """
    take = record_receipt.record if body.by_hand else record_receipt.take_online
    return ok(answers.taken(await take(caller, key("case", case_id), body.receipt())), 201)


@router.get("/cases/{case_id}/payment-history", response_model=Answer[PaymentList])
async def history(
    reads: DbReads, caller: CanReadPayments, case_id: str, page: PageParams, as_file: AsFile = None
) -> Response:
    """The payments of a case, newest first."""
    found = await queries.history(reads, caller, key("case", case_id), page.sort)
    return await listed(reads, found, page, as_file)


@router.get("/payments/{payment_id}", response_model=Answer[PaymentDetailView])
async def payment(reads: DbReads, caller: CanReadPayments, payment_id: str) -> Response:
    """A payment with every attempt and refund."""
    return ok((await queries.payment(reads, caller, key("payment", payment_id))).to_public())


@router.post("/payments/{payment_id}/refund", response_model=Answer[RefundRequested])
async def refund(reads: DbReads, caller: CanTakePayments, payment_id: str, body: schemas.NewRefund) -> Response:
    """Give back money through the gateway; it is pending until the gateway says that it is done."""
    number = key("payment", payment_id)
    await refunds.refund(caller, number, body.amount, body.reason)
    found = await queries.payment(reads, caller, number)
    return ok({"payment": found.to_public(), "message": "The refund was requested."})


# ---------------------------------------------------------------- the gateway


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
    "/webhooks/payment/{type}/{account_id}",
    dependencies=[Public],
    max_body_size=MAX_WEBHOOK,
    response_model=Answer[WebhookReceived],
)
async def payment_events(request: Request, type: str, account_id: Number) -> Response:
    """Signed events of a gateway at the address of one account, as the account's page shows it."""
    return await _receive(type, request, account_id)


# ---------------------------------------------------------------- the customer


def _html(view: checkout.View, wanted: str | None) -> HTMLResponse:
    shown = pages.render(view, wanted)
    return HTMLResponse(shown.html, shown.status, shown.headers)


@root_router.head("/{token}", dependencies=[Public], include_in_schema=False)
@root_router.get("/{token}", dependencies=[Public], response_class=HTMLResponse)
async def look(session: Session, request: Request, token: str, lang: Wanted = None) -> Response:
    """The customer's payment page. Opening it spends nothing."""
    return _html(await checkout.look(session, token, request.query_params), lang)


@root_router.post("/{token}", dependencies=[Public], response_class=HTMLResponse)
async def pay(token: str, lang: Wanted = None) -> Response:
    """Pay: on to the gateway's page, or this page saying why there is nothing to pay."""
    outcome = await checkout.pay(token)
    if isinstance(outcome, checkout.View):
        return _html(outcome, lang)
    return RedirectResponse(outcome.url, 303, headers={"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


@root_router.post("/{token}/fresh", dependencies=[Public], response_class=HTMLResponse)
async def fresh(token: str, lang: Wanted = None) -> Response:
    """An expired link: send a fresh one to the contact on file."""
    return _html(await checkout.send_fresh(token), lang)


router.add(root_router)
router.include_router(root_router)
