"""One timeline of a customer or a policy, across renewals, payments, claims, messages and documents (domain reference, 9)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final

from pydantic import ConfigDict, Field, StringConstraints

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.errors import BadRequest, Invalid, NotFound
from py360.kit.free_json import FreeJson
from py360.kit.listing import comma_list, containing
from py360.kit.paging import decode_cursor, encode_cursor
from py360.kit.reads import Reads
from py360.kit.wire import QuerySchema
from py360.modules.customers.picture.views import EventView, InsightView, PolicyTimelineView, TimelineView
from py360.modules.customers.queries import Customer, policies_within

TYPES: Final = ("policy_created", "renewal", "modification", "claim", "payment", "communication", "document")
OTHER_NAMES: Final = {"creation": "policy_created"}
DAYS_OF_A_YEAR: Final = 365.25
_TIMELINE: Final = sql.read(__file__, "read_timeline")
_COUNTS: Final = sql.read(__file__, "count_events")
_POLICIES: Final = """
select p.id, p.policy_number, p.policy_type, p.premium_amount, p.payment_frequency, p.start_date, p.status,
  least(p.start_date, (p.created_at at time zone 'Asia/Kolkata')::date) as since
from policies p where {which} and {within} order by p.id limit 5000
"""
YEARLY: Final = {"monthly": 12, "quarterly": 4, "half_yearly": 2}


class TimelineFilter(QuerySchema):
    """Which events. `type` takes several; all means all. At most `maxEvents`, the newest first; `cursor` continues."""

    model_config = ConfigDict(frozen=True)

    type: Annotated[str | None, StringConstraints(max_length=200)] = None
    search: Annotated[
        Annotated[str, StringConstraints(max_length=200)] | None,
        Field(description="A piece of the title or description"),
    ] = None
    max_events: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str | None, StringConstraints(max_length=300)] = None

    def types(self) -> list[str] | None:
        """The wanted types; None is all of them. Raises Invalid for an unknown one."""
        words = [OTHER_NAMES.get(word.lower(), word.lower()) for word in comma_list(self.type)]
        if unknown := [word for word in words if word not in (*TYPES, "all")]:
            raise Invalid(
                f"“{unknown[0][:60]}” is not a type of event.",
                code="unknown_type",
                details=[{"field": "type", "message": "one of all, creation, " + ", ".join(TYPES)}],
            )
        return None if not words or "all" in words else words


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a customer."""

    id: str
    at: datetime
    type: str
    policy_id: int | None
    title: str
    description: str
    details: FreeJson

    def to_public(self) -> EventView:
        """The event as the API answers it."""
        return {
            "id": self.id,
            "date": self.at,
            "type": self.type,
            "title": self.title,
            "description": self.description,
            "details": self.details,
        }


@dataclass(frozen=True, slots=True)
class HeldPolicy:
    """A policy of the customer within the caller's reach; `since`: the first day that we know of."""

    id: int
    policy_number: str
    policy_type: str
    premium_amount: Decimal
    payment_frequency: str
    start_date: date
    status: str
    since: date

    @property
    def yearly(self) -> Decimal:
        """What it costs in a year."""
        return self.premium_amount * YEARLY.get(self.payment_frequency, 1)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of each kind happened."""

    claims: int
    renewals: int
    messages: int
    payments: int


async def held_policies(reads: Reads, caller: Caller, customer_id: int) -> list[HeldPolicy]:
    """The policies of a customer within the caller's reach; more than the largest fleet has, 5,000, are not read."""
    within, params = policies_within(caller)
    statement = _POLICIES.format(within=within, which="p.customer_id = any(%(customers)s)")
    return await reads.fetch_all(HeldPolicy, statement, {**params, "customers": [customer_id]})


async def held_policy(reads: Reads, caller: Caller, policy_id: int) -> HeldPolicy:
    """One policy within the caller's reach, however many its customer has. Raises NotFound."""
    within, params = policies_within(caller)
    statement = _POLICIES.format(within=within, which="p.id = %(policy)s")
    found = await reads.fetch_one(HeldPolicy, statement, {**params, "policy": policy_id})
    if found is None:
        raise NotFound("This policy is no longer within your reach.", code="policy_not_found")
    return found


async def events(
    reads: Reads, customer_id: int, policies: Sequence[int], chosen: TimelineFilter
) -> tuple[list[Event], str | None]:
    """The events of these policies, and of the customer beside them, newest first, with the cursor of the next page."""
    before_at, before_id = _before(chosen.cursor)
    params: dict[str, object] = {
        "customers": [customer_id] if customer_id else [],
        "policies": list(policies),
        "types": chosen.types(),
        "search": containing(chosen.search),
        "before_at": before_at,
        "before_id": before_id,
        "limit": chosen.max_events + 1,
    }
    found = await reads.fetch_all(Event, _TIMELINE, params)
    shown = found[: chosen.max_events]
    more = len(found) > chosen.max_events
    return shown, encode_cursor(shown[-1].at.isoformat(), shown[-1].id) if more else None


def _before(cursor: str | None) -> tuple[datetime | None, str | None]:
    if not cursor:
        return None, None
    match decode_cursor(cursor):
        case [str(at), str(event_id)]:
            try:
                return datetime.fromisoformat(at), event_id
            except ValueError:
                pass
    raise BadRequest("This cursor is not valid. Start again from the first page.", code="bad_cursor")


async def of_customer(
    reads: Reads, caller: Caller, customer: Customer, chosen: TimelineFilter, today: date
) -> TimelineView:
    """The timeline page of a customer that is known to be within reach."""
    policies = await held_policies(reads, caller, customer.id)
    numbers = [policy.id for policy in policies]
    found, cursor = await events(reads, customer.id, numbers, chosen)
    counts = await reads.fetch_only(Counts, _COUNTS, {"customers": [customer.id], "policies": numbers})
    by_policy: dict[int | None, list[EventView]] = defaultdict(list)
    for event in found:
        by_policy[event.policy_id].append(event.to_public())
    return {
        "customerId": customer.customer_code,
        "customerName": customer.full_name,
        "customerProfile": customer.customer_profile,
        "policies": [policy_to_public(policy, by_policy[policy.id], today) for policy in policies],
        "otherEvents": by_policy[None],
        "insight": insight(policies, counts, today),
        "nextCursor": cursor,
    }


def policy_to_public(policy: HeldPolicy, shown: list[EventView], today: date) -> PolicyTimelineView:
    """A policy with its events, as the API answers it."""
    return {
        "policyId": policy.id,
        "policyNumber": policy.policy_number,
        "policyType": policy.policy_type,
        "currentPremium": policy.premium_amount,
        "annualPremium": policy.yearly,
        "startDate": policy.start_date,
        "policyAge": years(policy.since, today),
        "status": policy.status,
        "events": shown,
    }


def years(since: date, today: date) -> int:
    """Whole years, as the screens count them: days divided by 365.25."""
    return max(0, int((today - since).days / DAYS_OF_A_YEAR))


def insight(policies: Sequence[HeldPolicy], counts: Counts, today: date) -> InsightView:
    """What the events say by the rules of section 9.2."""
    tenure = years(min((policy.since for policy in policies), default=today), today)
    likelihood = "High" if counts.claims > 2 else "Moderate" if counts.claims else "Low"
    if tenure > 5 and len(policies) >= 2 and counts.claims <= 1:
        rating = "Excellent"
    else:
        rating = "Good" if tenure >= 2 and counts.claims < 3 else "Average"
    held = "1 policy" if len(policies) == 1 else f"{len(policies)} policies"
    observations = [
        f"With us for {tenure} years, with {held}." if tenure else f"A new customer, with {held}.",
        f"{counts.claims} claim{'s' * (counts.claims > 1)} so far." if counts.claims else "No claims so far.",
        f"Renewed {counts.renewals} times." if counts.renewals else "Nothing renewed with us yet.",
        f"{counts.messages} messages were sent." if counts.messages else "No messages were sent yet.",
        f"{counts.payments} payments were received." if counts.payments else "No payments were received yet.",
    ]
    return {"claimLikelihood": likelihood, "customerProfile": rating, "observations": observations}
