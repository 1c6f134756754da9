"""The HTTP face of payments. The customer's page also stands outside `/api`, where links point to."""

from typing import Annotated

from fastapi import Header, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from py360.kit.http import AsFile, DbReads, PageParams, Public, Res, Router, Session, listed, ok
from py360.kit.ids import number as key
from py360.modules.payments import checkout, pages, queries, schemas, service, webhooks
from py360.modules.payments.access import CanReadPayments, CanTakePayments
from py360.modules.payments.standing import within_reach

router = Router()
root_router = Router("/pay")  # customers open it from a message: outside /api, too

Wanted = Annotated[str | None, Query(alias="lang", max_length=10, description="Language of the page")]


# ---------------------------------------------------------------- the office


@router.get("/cases/{case_id}/outstanding-amounts")
async def outstanding(session: Session, resources: Res, caller: CanReadPayments, case_id: str) -> Response:
    """What is left to pay on a case, instalment by instalment; an untouched case owes its renewal amount."""
    case = await within_reach(session, caller, key("case", case_id))
    return ok(schemas.shown_outstanding(case, resources.clock.today()))


@router.post("/cases/{case_id}/payments")
async def take_payment(caller: CanTakePayments, case_id: str, body: schemas.NewPayment) -> Response:
    """Record money that came in by hand, or open an order that the customer pays online.

    Part payments go to the named instalments, else to the oldest due; more than is left is refused (422).
    """
    take = service.record if body.by_hand else service.take_online
    return ok(schemas.shown_taken(await take(caller, key("case", case_id), body.wish())), 201)


@router.get("/cases/{case_id}/payment-history")
async def history(
    reads: DbReads, caller: CanReadPayments, case_id: str, page: PageParams, as_file: AsFile = None
) -> Response:
    """The payments of a case, newest first."""
    found = await queries.history(reads, caller, key("case", case_id), page.sort)
    return await listed(reads, found, page, as_file)


@router.get("/payments/{payment_id}")
async def payment(reads: DbReads, caller: CanReadPayments, payment_id: str) -> Response:
    """A payment with every attempt and refund."""
    return ok(schemas.shown_payment(await queries.payment(reads, caller, key("payment", payment_id))))


@router.post("/payments/{payment_id}/refund")
async def refund(reads: DbReads, caller: CanTakePayments, payment_id: str, body: schemas.NewRefund) -> Response:
    """Give back money through the gateway; it is pending until the gateway says that it is done."""
    number = key("payment", payment_id)
    await service.refund(caller, number, body.amount, body.reason)
    return ok(
        {
            "payment": schemas.shown_payment(await queries.payment(reads, caller, number)),
            "message": "The refund was asked for.",
        }
    )


# ---------------------------------------------------------------- the gateway


@router.post("/webhooks/razorpay", dependencies=[Public])
async def razorpay(
    reads: DbReads,
    request: Request,
    signature: Annotated[str, Header(alias="X-Razorpay-Signature")] = "",
    event_id: Annotated[str | None, Header(alias="X-Razorpay-Event-Id")] = None,
) -> Response:
    """Signed events of Razorpay: stored at once, applied by a job."""
    new = await webhooks.receive(reads, "razorpay", await request.body(), signature, event_id)
    return ok({"received": True, "duplicate": not new})


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
