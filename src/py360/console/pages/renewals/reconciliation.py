"""Money that has to be looked at: files of banks and gateways, what does not fit, and e-mandates with their debits."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

EXCEPTIONS: Final = Listing(
    address="/payment-exceptions",
    path="/payments/exceptions",
    key="exceptions",
    title=text("Exceptions"),
    lead=text("Money that does not fit: over-payments, payments of closed cases, lines missing at the bank or the gateway."),
    icon="warn",
    sort="-createdAt",
    live="payment.updated",
    nothing=text("Nothing to look at"),
    nothing_text=text("Every payment fits its case, and every settlement adds up."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("status", text("Status"), choices=(("open", text("Open")), ("resolved", text("Resolved")))),
        Filter("kind", text("Kind"), choices=(
            ("unallocated_credit", text("Unallocated credit")), ("closed_case", text("Closed case")), ("suspicious", text("Suspicious")),
            ("unmatched_receipt", text("Unmatched receipt")), ("missing_in_settlement", text("Missing in settlement")),
            ("unknown_in_settlement", text("Unknown in settlement")), ("settlement_differs", text("Settlement differs")),
            ("missing_at_bank", text("Missing at bank")), ("bank_differs", text("Bank differs")),
        )),
    ),
    columns=(
        Column("kind", text("Kind"), "label", lead=True, under="details"),
        Column("amount", text("Amount"), "money"),
        Column("caseId", text("Case"), link="/cases/{caseId}/payments"),
        Column("paymentId", text("Payment"), optional=True),
        Column("status", text("Status"), "badge", under="reason"),
        Column("resolvedByName", text("Resolved by"), optional=True),
        Column("createdAt", text("When"), "moment"),
    ),
)  # fmt: skip
STATEMENTS: Final = Listing(
    address="/statements",
    path="/payments/statements",
    key="statements",
    title=text("Bank and settlement files"),
    lead=text("A file is matched first and shown line by line; nothing is booked before you apply it."),
    icon="file",
    sort="-createdAt",
    nothing=text("No files yet"),
    nothing_text=text("Upload the bank’s statement or the gateway’s settlement report as CSV or XLSX."),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("kind", text("Kind"), choices=(("bank", text("Bank")), ("settlement", text("Settlement")))),
    ),
    columns=(
        Column("fileName", text("File"), link="/statements/{id}", lead=True, under="kind", under_kind="label"),
        Column("status", text("Status"), "badge"),
        Column("rows", text("Lines"), "number"),
        Column("matched", text("Matched"), "number"),
        Column("matchedAmount", text("Amount"), "money"),
        Column("unmatched", text("Unmatched"), "number"),
        Column("uploadedByName", text("By")),
        Column("createdAt", text("When"), "moment"),
    ),
)
OUTCOMES: Final = (
    ("matched", text("Matched")), ("settlement", text("Settlement")), ("unmatched", text("Unmatched")),
    ("duplicate", text("Duplicate")), ("invalid", text("Invalid")), ("ignored", text("Ignored")),
)  # fmt: skip
MANDATES: Final = Listing(
    address="/mandates",
    path="/payments/mandates",
    key="mandates",
    title=text("E-mandates"),
    lead=text("Customers who let premiums be debited. Each debit is announced at least 24 hours before."),
    icon="payments",
    sort="-createdAt",
    live="payment.updated",
    nothing=text("No mandates yet"),
    nothing_text=text("Ask a customer for one on the payments page of their case."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Customer, case or policy")),
        Filter("status", text("Status"), choices=(
            ("created", text("Created")), ("pending", text("Pending")), ("active", text("Active")), ("paused", text("Paused")),
            ("rejected", text("Rejected")), ("expired", text("Expired")), ("cancelled", text("Cancelled")),
        )),
        Filter("caseId", text("Case"), "text", more=True),
    ),
    columns=(
        Column("customerName", text("Customer"), link="/mandates/{id}", lead=True, under="policyNumber"),
        Column("caseId", text("Case"), link="/cases/{caseId}/payments"),
        Column("status", text("Status"), "badge", under="reason"),
        Column("maxAmount", text("At most"), "money"),
        Column("method", text("How"), "label", under="gateway", under_kind="label"),
        Column("validUntil", text("Valid until"), "day"),
        Column("createdAt", text("Since"), "day"),
    ),
)  # fmt: skip
DEBITS: Final = Listing(
    address="/debits",
    path="/payments/mandates/debits",
    key="debits",
    title=text("Debits"),
    lead=text("What is and was debited by mandates, with the notice of each."),
    icon="payments",
    live="payment.updated",
    nothing=text("No debits yet"),
    filters=(
        Filter("search", text("Search"), "search"),
        Filter("status", text("Status"), choices=(
            ("planned", text("Planned")), ("notified", text("Notified")), ("presented", text("Presented")), ("paid", text("Paid")),
            ("failed", text("Failed")), ("refused", text("Refused")), ("cancelled", text("Cancelled")),
        )),
    ),
    columns=(
        Column("caseId", text("Case"), link="/cases/{caseId}/payments", lead=True, under="mandateId"),
        Column("amount", text("Amount"), "money"),
        Column("status", text("Status"), "badge", under="reason"),
        Column("debitOn", text("Debited on"), "day"),
        Column("noticeSentAt", text("Notice sent"), "moment", under="noticeChannel", under_kind="label"),
        Column("dueDate", text("Due"), "day", optional=True),
        Column("attempt", text("Attempt"), "number", optional=True),
        Column("finishedAt", text("Ended"), "moment", optional=True),
    ),
)  # fmt: skip
CanReconcile = Annotated[Visit, Depends(VisitWith("billing"))]
READERS: Final = ("cases", "closed-cases")


@router.get("/payment-exceptions")
async def exceptions(visit: Annotated[Visit, Depends(VisitWith("billing", query=EXCEPTIONS.query))]) -> Response:
    """What does not fit, to be resolved with a reason."""
    return await EXCEPTIONS.show(visit, "money/exceptions.html")


@router.get("/statements")
async def statements(visit: Annotated[Visit, Depends(VisitWith("billing", query=STATEMENTS.query))]) -> Response:
    """The files of banks and gateways."""
    accounts = await visit.api.find(Data, "/providers", channel="payment", limit=100) if visit.may("settings") else None
    return await STATEMENTS.show(visit, "money/statements.html", accounts=accounts)


@router.get("/statements/{statement_id}")
async def statement(
    visit: Annotated[Visit, Depends(VisitWith("billing", query=frozenset({"outcome", "search"})))], statement_id: str
) -> Response:
    """One file, line by line: what each was matched with."""
    found, lines = await asyncio.gather(
        visit.api.get(Data, f"/payments/statements/{statement_id}"),
        visit.api.get(Data, f"/payments/statements/{statement_id}/lines", **visit.query),
    )
    return visit.page("money/statement.html", found=found, lines=lines, outcomes=OUTCOMES)


@router.get("/mandates")
async def mandates(visit: Annotated[Visit, Depends(VisitWith(*READERS, query=MANDATES.query))]) -> Response:
    """The mandates of customers."""
    return await MANDATES.show(visit, "money/mandates.html")


@router.get("/debits")
async def debits(visit: Annotated[Visit, Depends(VisitWith(*READERS, query=DEBITS.query))]) -> Response:
    """The debits of all mandates."""
    return await DEBITS.show(visit)


@router.get("/mandates/{mandate_id}")
async def mandate(visit: Annotated[Visit, Depends(VisitWith(*READERS))], mandate_id: str) -> Response:
    """One mandate and its debits."""
    found, made = await asyncio.gather(
        visit.api.get(Data, f"/payments/mandates/{mandate_id}"),
        visit.api.get(Data, f"/payments/mandates/{mandate_id}/debits", limit=100),
    )
    return visit.page("money/mandate.html", found=found, made=made)
