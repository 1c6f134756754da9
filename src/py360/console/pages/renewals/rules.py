"""The rules of renewals: when a case is opened, how long a policy has grace, how soon a customer is contacted."""

from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.api_client import Data
from py360.console.navigation import text
from py360.console.pages.renewals.cases import POLICY_TYPES, PRIORITIES
from py360.console.visit import PageRouter, Visit, VisitWith

router = PageRouter()

FREQUENCIES: Final = (
    ("annual", text("Once a year")), ("half_yearly", text("Every half year")), ("quarterly", text("Every quarter")),
    ("monthly", text("Every month")), ("one_time", text("Once")),
)  # fmt: skip
MOST_ROWS: Final = 200  # of each table, as the API takes them


@router.get("/renewal-rules")
async def renewal_rules(visit: Annotated[Visit, Depends(VisitWith("settings", "cases"))]) -> Response:
    """The rules in force; a form for those who may change settings."""
    found = await visit.api.get(Data, "/renewal-rules")
    return visit.page(
        "cases/renewal_rules.html", rules=found, lines=POLICY_TYPES, frequencies=FREQUENCIES, priorities=PRIORITIES, most=MOST_ROWS,
        may=visit.may("settings") and visit.may_change,
    )  # fmt: skip
