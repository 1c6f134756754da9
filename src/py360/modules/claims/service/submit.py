"""A claim is reported: by staff, or by the customer through a signed link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources, sql
from py360.kit.caller import Caller, reach_filter
from py360.kit.clock import day_begins
from py360.kit.errors import Invalid, NotFound
from py360.kit.money import format_inr
from py360.kit.reads import Reads
from py360.modules.cases import api as cases
from py360.modules.claims.schemas import ClaimantIn, ClaimIn
from py360.modules.claims.service import assign, clocks, documents, history, notices
from py360.modules.claims.service.lock import Claim, lock_any
from py360.modules.claims.statuses import TYPE_WORDS, types_of
from py360.modules.customers import api as customers
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications

OLDEST_DAYS: Final = 3 * 365  # claims are barred three years after the loss (Limitation Act 1963, schedule, article 44)
_PLACE: Final = """
select (select k.id from cases_public_case k where k.policy_id = %(policy)s and k.is_open order by k.due_date limit 1) as case_id,
  coalesce(
    (select k.node_id from cases_public_case k where k.policy_id = %(policy)s order by k.due_date desc limit 1),
    (select b.hierarchy_node_id from organization_public_branch b where b.id = %(branch)s), %(home)s) as node_id
"""
_INSERT: Final = sql.read(__file__, "insert_claim")
_OPEN_CASES: Final = """
select k.id, k.assigned_to from cases_public_case k where k.customer_id = %(customer)s and k.client_id = %(client)s and k.is_open
"""
_MEMBER: Final = "select 1 from customers_public_member m where m.id = %(id)s and m.policy_id = %(policy)s"
_CASE_POLICY: Final = "select k.policy_id from cases_public_case k where k.id = %(case)s and {within}"


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy that is claimed on, as far as a claim needs it."""

    id: int
    client_id: int
    customer_id: int
    policy_number: str
    policy_type: str
    branch_id: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """The open renewal case of the policy, and the node that answers for it."""

    case_id: int | None
    node_id: int | None


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An open renewal case of a customer whose death was reported."""

    id: int
    assigned_to: int | None


async def find_policy(
    reads: Reads, caller: Caller, number: str | None, policy_id: int | str | None, case_id: int | str | None
) -> Policy:
    """The policy that a request names, within the caller's reach. Raises Invalid when it names none, NotFound otherwise."""
    named = number or (str(policy_id) if policy_id is not None else None)
    if named is None and case_id is not None:
        within, params = reach_filter(caller, "k")
        case = ids.number("case", case_id)
        found = await reads.fetch_one(int, _CASE_POLICY.format(within=within), {**params, "case": case})
        if found is None:
            raise NotFound(f"There is no case {ids.code('case', case)} within your reach.", code="case_not_found")
        named = str(found)
    if named is None:
        raise Invalid(
            "Name the policy that is claimed on.",
            code="policy_required",
            details=[{"field": "policyNumber", "message": "policyNumber, policyId or caseId is needed"}],
        )
    policy = await customers.find_policy(reads, caller, named)
    return Policy(
        policy.id, policy.client_id, policy.customer_id, policy.policy_number, policy.policy_type, policy.branch_id
    )


async def submit(session: AsyncSession, caller: Caller, policy: Policy, body: ClaimIn) -> Claim:
    """Report a claim on behalf of a customer. Raises Invalid, and NotFound for a handler who is none."""
    today = resources.current().clock.today()
    reported = body.reported_date or today
    check_dates(body.incident_date, reported, today)
    await _check_member(session, policy, body.member_id)
    place = await _place(session, policy, caller.node_id)
    values = _values(policy, place, body, reported) | {"source": "staff", "user": caller.user_id}
    claim = await _open(session, values, caller.user_id)
    if body.assigned_to is not None:
        await assign.assign(session, caller, claim, body.assigned_to)
    return claim


async def submit_as_customer(session: AsyncSession, policy: Policy, body: ClaimIn) -> Claim:
    """Report a claim that came through a signed link. Raises Invalid."""
    today = resources.current().clock.today()
    check_dates(body.incident_date, today, today)
    place = await _place(session, policy, None)
    return await _open(session, _values(policy, place, body, today) | {"source": "customer", "user": None}, None)


async def _check_member(session: AsyncSession, policy: Policy, member_id: int | None) -> None:
    if member_id is None:
        return
    if not await db.fetch_one(session, int, _MEMBER, {"id": member_id, "policy": policy.id}):
        raise Invalid(
            f"{policy.policy_number} has no member {member_id}.",
            code="member_not_found",
            details=[{"field": "memberId", "message": "is no member of this policy"}],
        )


def check_dates(incident: date, reported: date, today: date) -> None:
    """The incident comes before the report, and the report not after today; raises Invalid, naming the field."""
    wrong = None
    if reported > today:
        wrong = ("reportedDate", "must not be after today")
    elif incident > reported:
        wrong = ("incidentDate", f"must not be after the day of the report, {reported:%d/%m/%Y}")
    elif incident < today - timedelta(days=OLDEST_DAYS):
        wrong = ("incidentDate", "is more than three years ago, when claims are barred")
    if wrong:
        raise Invalid(
            f"{wrong[0]} {wrong[1]}.", code="dates_reversed", details=[{"field": wrong[0], "message": wrong[1]}]
        )


async def _place(session: AsyncSession, policy: Policy, home: int | None) -> Place:
    return await db.fetch_only(session, Place, _PLACE, {"policy": policy.id, "branch": policy.branch_id, "home": home})


def _values(policy: Policy, place: Place, body: ClaimIn, reported: date) -> dict[str, object]:
    if body.type not in types_of(policy.policy_type):
        possible = ", ".join(types_of(policy.policy_type))
        raise Invalid(
            f"A {policy.policy_type} policy has no {body.type} claims.",
            code="wrong_claim_type",
            details=[{"field": "type", "message": f"one of {possible}"}],
        )
    if body.is_cashless and body.type not in ("health", "travel"):
        raise Invalid(
            "Only a stay in hospital is cashless.",
            details=[{"field": "isCashless", "message": "only for health claims"}],
        )
    return {
        "client": policy.client_id,
        "policy": policy.id,
        "customer": policy.customer_id,
        "case": place.case_id,
        "node": place.node_id,
        "year": reported.year,
        "type": body.type,
        "category": body.category,
        "title": body.title or body.category or f"{TYPE_WORDS[body.type]} claim",
        "amount": body.claim_amount,
        "description": body.description,
        "priority": "high" if body.type == "death" and body.priority == "medium" else body.priority,
        "incident": body.incident_date,
        "reported": reported,
        "cashless": body.is_cashless,
        "investigated": body.is_investigated,
        "member": body.member_id,
        "reported_at": _moment_of(reported),
        **claimant_values(body.claimant),
    }


def _moment_of(reported: date) -> datetime:
    """When the periods begin: now, or with the day on which a paper arrived."""
    clock = resources.current().clock
    return clock.now() if reported == clock.today() else day_begins(reported)


def claimant_values(claimant: ClaimantIn | None) -> dict[str, str | None]:
    """The columns of a claimant, by parameter."""
    return {
        "claimant_name": claimant.name if claimant else None,
        "claimant_relation": claimant.relation if claimant else None,
        "claimant_email": claimant.email if claimant else None,
        "claimant_phone": claimant.phone if claimant else None,
    }


async def _open(session: AsyncSession, values: Mapping[str, object], user_id: int | None) -> Claim:
    """The row, and everything that begins with it: history, checklist, clocks, notices, and the renewal cases of the dead."""
    claim = await lock_any(session, await db.fetch_only(session, int, _INSERT, values))
    now = resources.current().clock.now()
    details = f"{TYPE_WORDS[claim.claim_type]} claim of {format_inr(Decimal(claim.claim_amount))}"
    by = "Reported by the customer" if user_id is None else "Reported"
    await history.write(session, claim.id, by, details, now, status="submitted", user_id=user_id)
    await documents.ask_for_required(session, claim, now)
    await clocks.start_settlement(session, claim, claim.reported_at)
    await notices.write(session, claim, "We will tell you which documents are missing." if user_id is None else "")
    await _notify_desk(session, claim, details)
    if claim.claim_type == "death":
        await note_death(session, claim)
    return claim


async def _notify_desk(session: AsyncSession, claim: Claim, details: str) -> None:
    desk = await identity.holders_of(session, claim.client_id, "claims")
    await notifications.notify(
        session,
        desk,
        type="assignment",
        title=f"New claim {claim.claim_number}",
        message=f"{details}. Nobody handles it yet.",
        data={"claimId": claim.claim_number},
        priority="high" if claim.claim_type == "death" or claim.is_cashless else "medium",
    )


async def note_death(session: AsyncSession, claim: Claim) -> None:
    """The renewal cases of a customer whose death was reported say so, and their agents know before they call."""
    found = await db.fetch_all(
        session, OpenCase, _OPEN_CASES, {"customer": claim.customer_id, "client": claim.client_id}
    )
    details = (
        f"A death claim was reported ({claim.claim_number}). Reminders and promotion to this customer are stopped."
        " Speak with the family only about the claim."
    )
    await cases.note(session, [each.id for each in found], "Death Claim Reported", details, level="warning")
    agents = sorted({each.assigned_to for each in found if each.assigned_to is not None})
    if agents:
        await notifications.notify(
            session,
            agents,
            type="update",
            title=f"Death claim {claim.claim_number}",
            message=details,
            data={"claimId": claim.claim_number, "caseIds": [ids.code("case", each.id) for each in found]},
            priority="high",
        )
