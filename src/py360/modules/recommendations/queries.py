"""Reading predictions: who to call first, why, and what the calls achieved. Every list starts from the caller's reach."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller, reach_filter
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.cases.api import LABELS
from py360.modules.recommendations.effectiveness import Period, in_words, of_cases_view
from py360.modules.recommendations.propensity.features import BY_NAME, Value
from py360.modules.recommendations.uplift import Group, compare
from py360.modules.recommendations.views import PredictionView, ReasonView, UpliftView

_CALL_LIST: Final = sql.read(__file__, "call_list")
_UPLIFT: Final = sql.read(__file__, "uplift")
_SORTS: Final = {
    "expectedLoss": "p.expected_loss",
    "renewalProbability": "p.lapse_chance",
    "renewalDate": "c.due_date",
    "renewalAmount": "f.premium",
    "caseId": "c.id",
}
# A falling chance to lapse is a rising one to renew.
_TURNED: Final = {"renewalProbability": "-renewalProbability", "-renewalProbability": "renewalProbability"}
_COLUMNS: Final = (
    "caseId", "policyNumber", "customerId", "customerName", "agent", "status", "renewalDate", "renewalAmount",
    "renewalProbability", "expectedLoss", "reasons",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Prediction:
    """A row of `sql/call_list.sql`; amounts in INR."""

    id: int
    case_number: str
    policy_number: str
    customer_code: str
    customer_name: str
    agent_name: str | None
    status: str
    due_date: date
    amount: Decimal
    lapse_chance: float
    expected_loss: Decimal
    reasons: list[str]
    held_out: bool
    scored_at: datetime
    age: int | None
    premium_change: Decimal | None
    payments_per_year: int | None
    policies_held: int
    tenure_years: int | None
    line: str
    channel: str | None
    city: str | None

    def value(self, feature: str) -> Value:
        """What is known of a feature."""
        held = self.amount if feature == "premium" else getattr(self, feature)
        return held if held is None or isinstance(held, str) else float(held)

    def reason(self, code: str) -> ReasonView:
        """A stored code such as `+premium_change` in words."""
        name = code[1:]
        effect = "raises" if code.startswith("+") else "lowers"
        return {"code": name, "text": BY_NAME[name].sentence(self.value(name)), "effect": effect}

    def to_public(self) -> PredictionView:
        """The row as the API answers it."""
        return {
            "caseId": self.case_number,
            "policyNumber": self.policy_number,
            "customerId": self.customer_code,
            "customerName": self.customer_name,
            "agent": self.agent_name or "Unassigned",
            "status": LABELS[self.status],
            "renewalDate": self.due_date,
            "renewalAmount": float(self.amount),
            "renewalProbability": round(1 - self.lapse_chance, 4),
            "expectedLoss": float(self.expected_loss),
            "reasons": [self.reason(code) for code in self.reasons],
            "heldOut": self.held_out,
            "scoredAt": self.scored_at,
        }


def call_list(
    caller: Caller, sort: str | None, search: str | None, *, below: float | None, held_out: bool
) -> Listing[Prediction]:
    """Open cases, those first that put most money at risk. `below`: the chance to renew is under it.

    Cases held out are left off, or are all that is listed.
    """
    within, params = reach_filter(caller)
    wanted = [within, "c.is_open", "p.held_out" if held_out else "not p.held_out"]
    if pattern := containing(search):
        wanted.append(
            "(u.full_name ilike %(search)s or c.policy_number ilike %(search)s or c.case_number ilike %(search)s)"
        )
        params = {**params, "search": pattern}
    if below is not None:
        wanted.append("p.lapse_chance > %(above)s")
    return Listing(
        name="predictions",
        select=_CALL_LIST,
        where=" and ".join(wanted),
        order=ordering(_TURNED.get(sort or "", sort), _SORTS, "-expectedLoss", "c.id"),
        params={**params, "above": 1 - (below or 0)},
        to_public=Prediction.to_public,
        columns=_COLUMNS,
        file_name="call_list",
        row=Prediction,
    )


async def prediction(reads: Reads, caller: Caller, case_id: int) -> PredictionView:
    """What the model says of a case; raises NotFound when it is out of reach or has not been scored."""
    within, params = reach_filter(caller)
    found = await reads.fetch_one(
        Prediction, f"{_CALL_LIST} where c.id = %(case)s and {within}", {**params, "case": case_id}
    )
    if found is None:
        raise NotFound(f"There is no prediction for CASE-{case_id} within your reach.", code="prediction_not_found")
    return found.to_public()


async def uplift(reads: Reads, caller: Caller, period: Period) -> UpliftView:
    """What the call list achieved: cases that ended in the period, those on it against those held out."""
    within, params = reach_filter(caller)
    bounds = {"since": period.since, "until": period.until}
    compared = compare(await reads.fetch_all(Group, _UPLIFT.format(within=within), {**params, **bounds}))
    return {
        "called": of_cases_view(compared.treated),
        "heldOut": of_cases_view(compared.held_out),
        "renewalUplift": compared.rates,
        "amountUplift": compared.amounts,
        "message": in_words(compared, "ended cases", "renewals", "Cases on the call list"),
    }
