"""Renewal cases: the lists, one case with its tabs, the log of all cases."""

import asyncio
from dataclasses import replace
from typing import Annotated, Final, TypedDict

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

STATUSES: Final = tuple(
    (code, text(words))
    for code, words in (
        ("uploaded", "Uploaded"), ("validated", "Validated"), ("assigned", "Assigned"), ("in_progress", "In progress"),
        ("pending", "Pending"), ("on_hold", "On hold"), ("follow_up", "Follow up"),
        ("payment_processed", "Payment processed"), ("failed", "Failed"), ("renewed", "Renewed"), ("lapsed", "Lapsed"),
        ("cancelled", "Cancelled"),
    )
)  # fmt: skip
SUB_STATUSES: Final = (
    text("Document Pending"), text("Customer Contact Required"), text("Payment Processing"), text("Verification in Progress"),
    text("Approval Required"), text("Ready for Renewal"), text("Follow-up Required"), text("Under Review"), text("Completed"),
)  # fmt: skip
WORK_STEPS: Final = (
    text("Initial Contact"), text("Document Collection"), text("Verification"), text("Premium Calculation"),
    text("Payment Processing"), text("Policy Generation"), text("Final Review"), text("Delivery"), text("Completed"),
)  # fmt: skip
POLICY_STATUSES: Final = (
    ("pre_due", text("Pre due stage")), ("policy_due", text("Policy due")), ("reinstatement", text("Reinstatement")),
    ("active", text("Active")),
)  # fmt: skip
PRIORITIES: Final = (
    ("urgent", text("Urgent")),
    ("high", text("High")),
    ("medium", text("Medium")),
    ("low", text("Low")),
)
PAYMENT_STATUSES: Final = (
    ("pending", text("Pending")), ("partial", text("Partial")), ("completed", text("Completed")),
    ("failed", text("Failed")), ("refunded", text("Refunded")),
)  # fmt: skip
OUTCOMES: Final = (
    ("positive", text("Positive")), ("satisfied", text("Satisfied")), ("excellent", text("Excellent")), ("escalated", text("Escalated")),
)  # fmt: skip
CHANNELS: Final = (("whatsapp", "WhatsApp"), ("sms", "SMS"), ("email", text("E-mail")))

POLICY_TYPES: Final = (
    ("motor", text("Motor")), ("health", text("Health")), ("life", text("Life")), ("home", text("Home")),
    ("travel", text("Travel")), ("commercial", text("Commercial")),
)  # fmt: skip

CASES: Final = Listing(
    address="/cases",
    path="/cases",
    key="cases",
    title=text("Cases"),
    icon="cases",
    sort="-createdAt",
    live="case.updated payment.updated",
    nothing=text("No cases yet"),
    nothing_text=text("Upload a policy file: each policy that falls due becomes a case."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Case, customer or policy; commas mean or")),
        Filter("status", text("Status"), choices=STATUSES),
        Filter("dueFrom", text("Due from"), "date"),
        Filter("dueTo", text("Due to"), "date"),
        Filter("agent", text("Agent"), "text"),
        Filter("priority", text("Priority"), choices=PRIORITIES, more=True),
        Filter("policyStatus", text("Policy status"), choices=POLICY_STATUSES, more=True),
        Filter("paymentStatus", text("Payment"), choices=PAYMENT_STATUSES, more=True),
        Filter("date", text("Uploaded"), choices=(
            ("today", text("Today")), ("yesterday", text("Yesterday")), ("lastWeek", text("Last 7 days")), ("lastMonth", text("Last 30 days")),
        ), more=True),
        Filter("dateFrom", text("Uploaded from"), "date", more=True),
        Filter("dateTo", text("Uploaded to"), "date", more=True),
        Filter("channel", text("Channel"), "text", more=True),
        Filter("uploadId", text("Upload"), "text", more=True),
        Filter("batchId", text("Batch"), "text", more=True),
        Filter("policyType", text("Policy type"), choices=POLICY_TYPES, more=True),
        Filter("teamId", text("Team"), "number", more=True),
    ),
    columns=(
        Column("id", text("Case"), link="/cases/{id}", sort="id", under="policyNumber", lead=True),
        Column("customerName", text("Customer"), sort="customerName", under="customerMobile"),
        Column("productName", text("Product")),
        Column("status", text("Status"), "badge", sort="status", under="subStatus"),
        Column("policyStatus", text("Policy status"), "badge", optional=True),
        Column("assignedAgent", text("Agent"), sort="agent"),
        Column("renewalDate", text("Due"), "day", sort="dueDate"),
        Column("renewalAmount", text("Amount"), "money", sort="renewalAmount"),
        Column("paymentStatus", text("Payment"), "badge"),
        Column("priority", text("Priority"), "label", sort="priority", optional=True),
        Column("lastActionDate", text("Last action"), "day", sort="lastActionDate", optional=True),
        Column("nextFollowUpDate", text("Follow-up"), "day", optional=True),
        Column("totalCalls", text("Calls"), "number", sort="totalCalls", optional=True),
        Column("customerProfile", text("Profile"), optional=True),
        Column("preferredLanguage", text("Language"), optional=True),
        Column("channel", text("Channel"), under="subChannel", optional=True),
        Column("batchId", text("Batch"), optional=True),
        Column("uploadDate", text("Uploaded"), "day", sort="createdAt", optional=True),
    ),
)  # fmt: skip
CLOSED: Final = replace(
    CASES,
    address="/closed-cases",
    path="/cases/closed",
    title=text("Closed cases"),
    lead=text("Renewed cases; choose a status to see those that lapsed, failed or were cancelled."),
    icon="closed",
    sort="-closedDate",
    nothing=text("No closed cases yet"),
    nothing_text=text("A case closes when its premium is paid, or when its time to renew has passed."),
    columns=(*CASES.columns[:4], *CASES.columns[5:7], Column("closedDate", text("Closed"), "day", sort="closedDate"), *CASES.columns[7:]),
)  # fmt: skip
LOGS: Final = Listing(
    address="/logs",
    path="/logs",
    key="logs",
    title=text("Case logs"),
    lead=text("What happened to cases, by whom and when."),
    icon="logs",
    nothing=text("Which case?"),
    nothing_text=text("Give a case or policy number above to see everything that happened to it."),
    filters=(
        Filter("value", text("Number of the case or policy"), "text"),
        Filter("type", text("Which is"), choices=(("caseId", text("A case")), ("policyNumber", text("A policy")))),
        Filter("search", text("Search"), "search", placeholder=text("Action or details")),
        Filter("caseId", text("Case"), "text", more=True),
    ),
    columns=(
        Column("action", text("What"), under="details", lead=True),
        Column("caseId", text("Case"), link="/cases/{caseId}"),
        Column("level", text("Level"), "badge"),
        Column("user", text("By")),
        Column("timestamp", text("When"), "moment"),
    ),
)


class CaseCustomer(TypedDict):
    """What a case's page needs to ask for more about its customer."""

    customerId: str


@router.get("/cases")
async def cases(visit: Annotated[Visit, Depends(VisitWith("cases", query=CASES.query))]) -> Response:
    """The open cases within the caller's reach."""
    return await CASES.show(
        visit,
        "cases/list.html",
        picks=visit.may_change,
        statuses=STATUSES,
        policy_statuses=POLICY_STATUSES,
        agents=await _agents(visit),
    )


@router.get("/closed-cases")
async def closed(visit: Annotated[Visit, Depends(VisitWith("closed-cases", query=CLOSED.query))]) -> Response:
    """Cases that have ended."""
    return await CLOSED.show(visit)


@router.get("/logs")
async def logs(visit: Annotated[Visit, Depends(VisitWith("logs", query=LOGS.query))]) -> Response:
    """The history of all cases."""
    return await LOGS.show(visit, ask=bool(visit.query.get("value") or visit.query.get("caseId")))


CanReadCase = Annotated[Visit, Depends(VisitWith("cases", "closed-cases"))]


@router.get("/cases/{case}")
async def case(visit: CanReadCase, case: str) -> Response:
    """One case: what is known, and the form to work on it."""
    prediction = await visit.api.find(Data, f"/ai/renewal-predictions/{case}")
    return await _page(
        visit,
        case,
        "overview",
        statuses=STATUSES,
        sub_statuses=SUB_STATUSES,
        work_steps=WORK_STEPS,
        prediction=prediction,
    )


@router.get("/cases/{case}/messages")
async def messages(visit: CanReadCase, case: str) -> Response:
    """What was written to the customer and what they answered; a form to write."""
    sent = await visit.api.get(Data, f"/cases/{case}/communications", limit=100)
    return await _page(visit, case, "messages", sent=sent, outcomes=OUTCOMES)


@router.get("/cases/{case}/payments")
async def payments(visit: CanReadCase, case: str) -> Response:
    """What is due, what was paid, a payment link."""
    due, paid, mandates = await asyncio.gather(
        visit.api.get(Data, f"/cases/{case}/outstanding-amounts"),
        visit.api.get(Data, f"/cases/{case}/payment-history", limit=100),
        visit.api.find(Data, "/payments/mandates", caseId=case, limit=10),
    )
    return await _page(visit, case, "payments", due=due, paid=paid, mandates=mandates)


@router.get("/cases/{case}/documents")
async def documents(visit: CanReadCase, case: str) -> Response:
    """The documents of the case, and what may be offered to its customer."""
    stored, offers = await asyncio.gather(
        visit.api.find(Data, "/files", entityType="case", entityId=case, limit=100),
        visit.api.find(Data, f"/cases/{case}/offers"),
    )
    return await _page(visit, case, "documents", stored=stored, offers=offers)


@router.get("/cases/{case}/claims")
async def claims(visit: CanReadCase, case: str) -> Response:
    """The claims of the policy with their figures, and those of the customer's other policies."""
    return await _page(visit, case, "claims", claimed=await visit.api.get(Data, f"/cases/{case}/claims-history"))


@router.get("/cases/{case}/history")
async def history(visit: CanReadCase, case: str) -> Response:
    """Everything that happened to the case."""
    happened = await visit.api.get(Data, f"/cases/{case}/history", limit=100)
    return await _page(visit, case, "history", happened=happened)


@router.get("/cases/{case}/customer")
async def customer(visit: CanReadCase, case: str) -> Response:
    """The customer's preferences, insured members and other policies."""
    about = await visit.api.get(CaseCustomer, f"/cases/{case}")
    number = about["customerId"]
    preferences = await visit.api.find(Data, f"/customers/{number}/preferences")
    policies = await visit.api.find(Data, f"/customers/{number}/policies")
    return await _page(visit, case, "customer", preferences=preferences, policies=policies)


async def _page(visit: Visit, case: str, tab: str, **values: object) -> Response:
    found = await visit.api.get(Data, f"/cases/{case}")
    return visit.page(
        f"cases/{tab}.html", case=found, tab=tab, channels=CHANNELS, agents=await _agents(visit), **values
    )


async def _agents(visit: Visit) -> Data | None:
    """Who a case may be assigned to, for those who may see the users; others type a name."""
    return await visit.api.find(Data, "/users", status="active", limit=100) if visit.may("users") else None
