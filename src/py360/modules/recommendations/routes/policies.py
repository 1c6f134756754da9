"""Which policies suit a customer, their risk, and what became of what was recommended (domain reference, 9.3 and 9.4)."""

import asyncio
from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, Message, PageParams, Res, Router, Search, Session, listed, ok
from py360.kit.wire import Day
from py360.modules.customers import api as customers
from py360.modules.recommendations import effectiveness, rules
from py360.modules.recommendations.access import CanReadRecommendations
from py360.modules.recommendations.listing import activity, recommendations
from py360.modules.recommendations.schemas import (
    AssessRisk,
    FamilyHistory,
    Location,
    Profile,
    RecommendFor,
    RiskProfile,
)
from py360.modules.recommendations.schemas import Response as Outcome
from py360.modules.recommendations.service import assess, recommend
from py360.modules.recommendations.views import Effectiveness, RecommendedView, RiskList, RiskView, ShownList

router = Router()
Since = Annotated[Day | None, Query(alias="from", description="First recommended on this day or later, in India")]
Until = Annotated[Day | None, Query(alias="to", description="First recommended on this day or before")]


@router.post("/ai/policy-recommendations", response_model=Answer[RecommendedView])
async def recommend_policies(
    session: Session, reads: DbReads, caller: CanReadRecommendations, resources: Res, body: RecommendFor
) -> Response:
    """The policies that suit a customer, the most important first, each with its reason; they are stored as shown.

    To a customer who is held out (`heldOut`) nothing is recommended, so that what recommendations achieve can be measured.
    """
    needs = await customers.needs_of(reads, caller, body.customer_id)
    advice = await recommend.recommend(session, needs, body.limit)
    insight = rules.insight(needs, await activity(reads, needs.customer_id), resources.clock.today())
    view: RecommendedView = {
        "customerId": needs.customer_code,
        "recommendations": [
            {
                "id": each.id, "type": each.suggestion.type, "priority": each.suggestion.priority,
                "reason": each.suggestion.reason, "suggestedCoverage": each.suggestion.suggested_coverage,
                "estimatedPremium": each.suggestion.estimated_premium,
            }
            for each in advice.shown
        ],
        "heldOut": advice.held_out,
        "insight": {
            "claimLikelihood": insight.claim_likelihood,
            "customerProfile": insight.customer_profile,
            "observations": insight.observations,
        },
        "generatedAt": resources.clock.now(),
        "source": "rules",
    }  # fmt: skip
    return ok(view)


@router.post("/ai/risk-assessment", response_model=Answer[RiskView])
async def assess_risk(session: Session, reads: DbReads, caller: CanReadRecommendations, body: AssessRisk) -> Response:
    """A customer's risk, which is kept, or that of a profile: 100 less the points of each factor."""
    if body.profile is not None:
        return ok(assess.to_public(rules.risk(_life(body.profile)), None))
    assert body.customer_id is not None
    return ok(await assess.assess(session, caller, await customers.needs_of(reads, caller, body.customer_id)))


@router.get("/ai/risk-assessment", response_model=Answer[RiskList])
async def list_risks(
    reads: DbReads,
    caller: CanReadRecommendations,
    page: PageParams,
    search: Search = None,
    category: Literal["safe", "medium", "high"] | None = None,
    as_file: AsFile = None,
) -> Response:
    """The risks of customers within reach, as they were assessed last, the riskiest first."""
    return await listed(reads, assess.kept_risks(caller, page.sort, search, category), page, as_file)


def _life(profile: Profile) -> rules.StatedLife:
    stated = profile.risk_profile or RiskProfile()
    illnesses = (profile.family_history or FamilyHistory()).medical_history or {}
    return rules.StatedLife(
        previous_claims=stated.previous_claims or 0,
        health=stated.health_conditions or "",
        driving_record=stated.driving_record or "",
        lifestyle=stated.lifestyle or "",
        area_rating=(profile.location or Location()).area_rating or "",
        illnesses=frozenset(name for name, each in illnesses.items() if each and each.present),
    )


@router.get("/ai/policy-recommendations", response_model=Answer[ShownList])
async def list_recommendations(
    reads: DbReads,
    caller: CanReadRecommendations,
    page: PageParams,
    search: Search = None,
    status: Literal["shown", "accepted", "declined", "converted"] | None = None,
    since: Since = None,
    until: Until = None,
    as_file: AsFile = None,
) -> Response:
    """What was recommended to customers within reach, and what became of it."""
    return await listed(reads, recommendations(caller, page.sort, search, status, since, until), page, as_file)


@router.get("/ai/policy-recommendations/effectiveness", response_model=Answer[Effectiveness])
async def read_effectiveness(
    reads: DbReads, caller: CanReadRecommendations, resources: Res, since: Since = None, until: Until = None
) -> Response:
    """How often each rule's recommendations were accepted and bought, how well the models predicted, and what recommendations achieved:
    purchases and renewals of customers who were shown them against customers held out, with 95 % intervals."""
    period = effectiveness.period(since, until or resources.clock.today())
    rules_found, models_found, achieved = await asyncio.gather(
        effectiveness.of_rules(reads, caller, period),
        effectiveness.of_models(reads, caller, period),
        effectiveness.achieved(reads, caller, period),
    )
    return ok({"rules": rules_found, "models": models_found, "uplift": achieved})


@router.put("/ai/policy-recommendations/{recommendation_id}/outcome", response_model=Answer[Message])
async def set_outcome(
    session: Session, reads: DbReads, caller: CanReadRecommendations, recommendation_id: int, body: Outcome
) -> Response:
    """Keep what the customer said (accepted, declined) or did (converted)."""
    customer = await recommend.customer_of(session, caller, recommendation_id)
    await customers.needs_of(reads, caller, str(customer))
    await recommend.answer(session, caller, recommendation_id, body.outcome, body.note)
    return ok({"message": f"The recommendation is {body.outcome}."})
