"""Who to call first and why, what suits a customer, and how good the model behind it is."""

import asyncio
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.listing import Column, Filter, Listing
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

CALLS: Final = Listing(
    address="/call-list",
    path="/ai/renewal-predictions",
    key="predictions",
    title=text("Who to call first"),
    lead=text("Open cases by the money that is at risk: the premium times the chance that it is not renewed."),
    icon="target",
    sort="-expectedLoss",
    live="case.updated",
    nothing=text("No predictions yet"),
    nothing_text=text("Every night the open cases are scored, as soon as a model is trained (py360 model train)."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Case, customer or policy")),
        Filter("below", text("Chance to renew"), choices=(
            ("0.25", text("Below 25 percent")), ("0.5", text("Below 50 percent")), ("0.75", text("Below 75 percent")),
        )),
        Filter("heldOut", text("Group"), choices=(("true", text("Held out, to compare with")),)),
    ),
    columns=(
        Column("caseId", text("Case"), link="/cases/{caseId}", lead=True, under="policyNumber", sort="caseId"),
        Column("customerName", text("Customer"), under="agent"),
        Column("renewalDate", text("Due"), "day", sort="renewalDate"),
        Column("renewalAmount", text("Amount"), "money", sort="renewalAmount"),
        Column("renewalProbability", text("Chance to renew"), "chance", sort="renewalProbability"),
        Column("expectedLoss", text("At risk"), "money", sort="expectedLoss"),
        Column("reasons", text("Why"), "reasons"),
        Column("status", text("Status"), "badge", optional=True),
        Column("scoredAt", text("Scored"), "moment", optional=True),
    ),
)  # fmt: skip
OUTCOMES: Final = (
    ("shown", text("Shown")), ("accepted", text("Accepted")), ("declined", text("Declined")), ("converted", text("Bought")),
)  # fmt: skip
RECOMMENDATIONS: Final = Listing(
    address="/recommendations",
    path="/ai/policy-recommendations",
    key="recommendations",
    title=text("Recommendations"),
    lead=text("Policies that suit customers, and what became of each recommendation."),
    icon="star",
    sort="-createdAt",
    nothing=text("No recommendations yet"),
    nothing_text=text("Open a customer and ask what suits them: the recommendations are kept here."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Customer or policy type")),
        Filter("status", text("Status"), choices=OUTCOMES),
        Filter("from", text("From"), "date"),
        Filter("to", text("To"), "date"),
    ),
    columns=(
        Column("type", text("Recommended"), "sentence", lead=True, under="reason", under_kind="sentence"),
        Column("customerName", text("Customer"), link="/customers/{customerId}"),
        Column("priority", text("Priority"), "label"),
        Column("estimatedPremium", text("Premium"), "money", sort="estimatedPremium"),
        Column("suggestedCoverage", text("Sum insured"), "money", optional=True),
        Column("status", text("Status"), "badge", sort="status", under="note"),
        Column("timesShown", text("Times shown"), "number", optional=True),
        Column("source", text("Made by"), "label", optional=True),
        Column("createdAt", text("When"), "moment", sort="createdAt"),
    ),
)
RISKS: Final = Listing(
    address="/risks",
    path="/ai/risk-assessment",
    key="risks",
    title=text("Customers by risk"),
    lead=text("Risks as they were assessed last: 100 points less those of each factor."),
    icon="warn",
    sort="score",
    nothing=text("No risks yet"),
    nothing_text=text("Open a customer and ask what suits them: their risk is kept here."),
    filters=(
        Filter("search", text("Search"), "search", placeholder=text("Customer")),
        Filter("category", text("Risk"), choices=(
            ("high", text("High")), ("medium", text("Medium")), ("safe", text("Safe")),
        )),
    ),
    columns=(
        Column("customerName", text("Customer"), link="/customers/{customerId}", lead=True, sort="customerName"),
        Column("category", text("Risk"), "label"),
        Column("score", text("Score"), "number", sort="score"),
        Column("factors", text("Why"), "factors"),
        Column("assessedAt", text("Assessed"), "moment", sort="assessedAt"),
    ),
)  # fmt: skip
CanCall = Annotated[Visit, Depends(VisitWith("cases", "closed-cases", query=CALLS.query))]
CanRecommend = Annotated[Visit, Depends(VisitWith("policy-timeline", "cases", query=RECOMMENDATIONS.query))]
CanAssess = Annotated[Visit, Depends(VisitWith("policy-timeline", "cases", query=RISKS.query))]


@router.get("/call-list")
async def call_list(visit: CanCall) -> Response:
    """The open cases by expected loss, with reasons; above it what calls have achieved."""
    uplift = await visit.api.find(Data, "/ai/renewal-uplift")
    return await CALLS.show(visit, "recommendations/calls.html", uplift=uplift)


@router.get("/recommendations")
async def recommendations(visit: CanRecommend) -> Response:
    """What was recommended, how well each rule does, and what recommendations achieve."""
    period = {name: visit.query.get(name) for name in ("from", "to")}
    effect = await visit.api.get(Data, "/ai/policy-recommendations/effectiveness", **period)
    return await RECOMMENDATIONS.show(visit, "recommendations/list.html", effect=effect)


@router.get("/risks")
async def risks(visit: CanAssess) -> Response:
    """The customers whose risk was assessed, the riskiest first."""
    return await RISKS.show(visit)


@router.get("/renewal-model")
async def renewal_model(visit: Annotated[Visit, Depends(VisitWith("dashboard"))]) -> Response:
    """The card of the model in use."""
    found, uplift = await asyncio.gather(
        visit.api.get(Data, "/ai/renewal-model"), visit.api.find(Data, "/ai/renewal-uplift")
    )
    return visit.page("recommendations/model.html", found=found, uplift=uplift)


@router.get("/customers/{customer}/recommendations")
async def advice(visit: Annotated[Visit, Depends(VisitWith("policy-timeline", "cases"))], customer: str) -> Response:
    """A part of a page: the policies that suit a customer, and their risk."""
    found, risk = await asyncio.gather(
        visit.api.post(Data, "/ai/policy-recommendations", {"customerId": customer}),
        visit.api.post(Data, "/ai/risk-assessment", {"customerId": customer}),
    )
    return visit.page("recommendations/advice.html", found=found, risk=risk)
