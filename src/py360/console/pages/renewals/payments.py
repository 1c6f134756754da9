"""Payments: what waits for a second person, and the ledger."""

from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

APPROVALS: Final = Listing(
    address="/payments",
    path="/payments/approvals",
    key="approvals",
    title=text("Payments to approve"),
    lead=text("Receipts and refunds that need a second person. Nobody approves their own."),
    icon="payments",
    live="payment.updated",
    nothing=text("Nothing waits"),
    nothing_text=text("Receipts and refunds above the limit of the settings wait here."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter(
            "status",
            text("Status"),
            choices=(("pending", text("Pending")), ("approved", text("Approved")), ("declined", text("Declined"))),
        ),
        Filter("kind", text("Kind"), choices=(("receipt", text("Receipt")), ("refund", text("Refund")))),
    ),
    columns=(
        Column("kind", text("Kind"), "label", lead=True, under="reason"),
        Column("caseId", text("Case"), link="/cases/{caseId}/payments"),
        Column("amount", text("Amount"), "money"),
        Column("status", text("Status"), "badge"),
        Column("requestedByName", text("Asked by")),
        Column("requestedAt", text("When"), "moment"),
    ),
)
ACCOUNTS: Final = (
    ("receivable", text("Receivable")), ("gateway_clearing", text("Gateway clearing")),
    ("settlement_clearing", text("Settlement clearing")), ("bank", text("Bank")), ("cash", text("Cash")),
    ("disputes", text("Disputes")), ("gst", "GST"), ("premium", text("Premium")),
    ("unallocated_credit", text("Unallocated credit")), ("refunds", text("Refunds")), ("suspense", text("Suspense")),
    ("fees", text("Fees")), ("chargebacks", text("Chargebacks")),
)  # fmt: skip
KINDS: Final = tuple(
    (code, text(code.capitalize()))
    for code in ("charge", "receipt", "allocation", "refund", "dispute", "settlement", "deposit", "adjustment")
)
LEDGER: Final = Listing(
    address="/ledger",
    path="/ledger/entries",
    key="entries",
    title=text("Ledger"),
    lead=text("Every rupee twice: what came in, what is owed, what went back."),
    icon="payments",
    live="payment.updated",
    nothing=text("No entries yet"),
    nothing_text=text("Each payment that arrives is booked here by itself, with what it was for."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("caseId", text("Case"), "text"),
        Filter("account", text("Account"), choices=ACCOUNTS),
        Filter("from", text("From"), "date"),
        Filter("to", text("To"), "date"),
        Filter("kind", text("Kind"), choices=KINDS, more=True),
    ),
    columns=(
        Column("account", text("Account"), "label", lead=True, under="source"),
        Column("kind", text("Kind"), "label"),
        Column("caseId", text("Case"), link="/cases/{caseId}/payments"),
        Column("paymentId", text("Payment")),
        Column("debit", text("Debit"), "entry"),
        Column("credit", text("Credit"), "entry"),
        Column("happenedAt", text("When"), "moment"),
    ),
)


@router.get("/payments")
async def approvals(
    visit: Annotated[Visit, Depends(VisitWith("cases:payment-approvals", query=APPROVALS.query))],
) -> Response:
    """What waits for a second person."""
    return await APPROVALS.show(visit, "cases/approvals.html")


@router.get("/ledger")
async def ledger(visit: Annotated[Visit, Depends(VisitWith("billing", query=LEDGER.query))]) -> Response:
    """The entries of the ledger."""
    return await LEDGER.show(visit)
