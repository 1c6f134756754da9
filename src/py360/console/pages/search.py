"""The search of the bar on top: customers, cases, policies, claims and campaigns at once."""

from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.navigation import text
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

# What is found: its heading, its icon, where one of them is shown and where all are. A policy's number may hold slashes.
KINDS: Final = {
    "case": (text("Cases"), "cases", "/cases/", "/cases?search="),
    "customer": (text("Customers"), "customers", "/customers/", "/customers?search="),
    "policy": (text("Policies"), "policies", "/policies?search=", "/policies?search="),
    "claim": (text("Claims"), "claims", "/claims/", "/claims?search="),
    "campaign": (text("Campaigns"), "campaigns", "/campaigns/", "/campaigns?search="),
}
SHORTEST: Final = 2  # letters that the API looks for
LONGEST: Final = 100
OF_EACH: Final = 8


@router.get("/search")
async def search(visit: Annotated[Visit, Depends(VisitWith(query=frozenset({"q"})))]) -> Response:
    """What was found within reach, by kind; a shorter text than the API takes finds nothing."""
    wanted = visit.query.get("q", "").strip()[:LONGEST]
    hits: Data = {"groups": [], "total": 0}
    if len(wanted) >= SHORTEST:
        hits = await visit.api.get(Data, "/search", q=wanted, perKind=OF_EACH)
    return visit.page("search.html", wanted=wanted, hits=hits, kinds=KINDS, shortest=SHORTEST)
