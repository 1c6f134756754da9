"""What the office does with the payments of a case."""

from typing import Final

from fastapi import Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Session, files, listed, ok
from py360.kit.ids import number as key
from py360.modules.payments import answers, queries, schemas
from py360.modules.payments.access import CanReadPayments, CanTakePayments
from py360.modules.payments.balance import within_reach
from py360.modules.payments.routes.base import router
from py360.modules.payments.service import capture as captures
from py360.modules.payments.service import record_receipt
from py360.modules.payments.service import refund as refunds
from py360.modules.payments.views import (
    OutstandingView,
    PaymentCaptured,
    PaymentDetailView,
    PaymentList,
    PaymentTaken,
    RefundRequested,
)

MANUAL: Final = "manual"  # the gateway of receipts by hand


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


@router.get("/payments/{payment_id}/receipt", responses=files("application/pdf"), response_class=Response)
async def receipt(reads: DbReads, caller: CanReadPayments, payment_id: str) -> Response:
    """The receipt as a PDF, with the GST in the premium and the amount in words."""
    from py360.modules.payments.receipts import (
        print as receipts,  # takes a second to load, and few processes draw a PDF
    )

    name, content = await receipts.receipt(reads, caller, key("payment", payment_id))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type="application/pdf", headers=headers)


@router.post("/payments/{payment_id}/capture", response_model=Answer[PaymentCaptured])
async def capture(reads: DbReads, caller: CanTakePayments, payment_id: str) -> Response:
    """Capture what the gateway has only authorised; more than is left to pay, or for a closed case, is refused (409)."""
    number = key("payment", payment_id)
    await captures.capture(caller, number)
    found = await queries.payment(reads, caller, number)
    return ok({"payment": found.to_public(), "message": "The payment is captured."})


@router.post("/payments/{payment_id}/refund", response_model=Answer[RefundRequested])
async def refund(reads: DbReads, caller: CanTakePayments, payment_id: str, body: schemas.NewRefund) -> Response:
    """Give back money through the gateway; it is pending until the gateway reports that it is done. A receipt by hand is taken
    back (cheque dishonoured, cash returned, recorded by mistake), which needs a reason; what it had paid is due again.

    Above the office's limit it first waits until another person approves it (`approvalId`).
    """
    number = key("payment", payment_id)
    approval = await refunds.refund(caller, number, body.amount, body.reason)
    found = await queries.payment(reads, caller, number)
    done = "The receipt was taken back." if found.payment.gateway == MANUAL else "The refund was requested."
    message = done if approval is None else "The refund waits until a colleague approves it."
    return ok({"payment": found.to_public(), "approvalId": approval, "message": message})
