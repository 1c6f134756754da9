"""The workflow of a claim: review, approval within limits, rejection, settlement, withdrawal, appeal.

Who may decide how much alone is set under Settings, Claims. Above it the decision waits (`claim_approvals`) until a second
person, who is not the first, grants it. A health claim is never rejected by one person (IRDAI, docs/compliance.md).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound
from py360.kit.money import format_inr
from py360.modules.claims.access import APPROVAL
from py360.modules.claims.schemas import DecisionIn, StatusIn
from py360.modules.claims.service import clocks, documents, history, notices
from py360.modules.claims.service.lock import Claim, touch
from py360.modules.claims.statuses import LABELS, check_move
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

_PENDING: Final = """
select id, decision, amount, reason, asked_by from claim_approvals where claim_id = %(claim)s and outcome is null for update
"""
_ASK: Final = """
insert into claim_approvals (client_id, claim_id, decision, amount, reason, asked_by, asked_at)
values (%(client)s, %(claim)s, %(decision)s, %(amount)s, %(reason)s, %(user)s, %(now)s)
"""
_ANSWER: Final = """
update claim_approvals set outcome = %(outcome)s, decided_by = %(user)s, decided_at = %(now)s, comment = %(comment)s
where id = %(id)s
"""
_MOVE: Final = """
update claims set status = %(status)s, approved_amount = %(approved)s, rejected_amount = %(rejected)s,
  rejection_reason = %(reason)s, reserve_amount = %(reserve)s, decided_at = %(decided)s, closed_at = %(closed)s
where id = %(id)s
"""
_SETTLE: Final = """
update claims set settlement_amount = %(amount)s, settlement_date = %(date)s, settlement_reference = %(reference)s
where id = %(id)s
"""
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Decision:
    """An approval of an amount (INR), or a rejection with its reason."""

    kind: str
    amount: Decimal
    reason: str | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A decision that waits for a second person."""

    id: int
    decision: str
    amount: Decimal
    reason: str | None
    asked_by: int | None


async def change_status(session: AsyncSession, caller: Caller, claim: Claim, body: StatusIn) -> str:
    """One step of a locked claim; a sentence about what happened.

    Raises Conflict (the move is not allowed, with the allowed ones; a decision waits) and Invalid, naming the field.
    """
    check_move(claim.claim_number, claim.status, body.status)
    await refuse_while_pending(session, claim)
    match body.status:
        case "approved" | "rejected":
            return await _decide(session, caller, claim, _decision(claim, body))
        case "settled":
            return await _settle(session, caller, claim, body)
        case "withdrawn":
            reason = _needed(body.reason, "to withdraw a claim")
            await _move(session, claim, "withdrawn", reason, caller.user_id)
            return f"{claim.claim_number} was withdrawn."
        case "under_review" if claim.status == "rejected":
            reason = _needed(body.reason, "to appeal against a rejection")
            await _move(session, claim, "under_review", reason, caller.user_id, event="Appeal")
            await clocks.start_settlement(session, claim, resources.current().clock.now())
            await notices.write(session, claim, "Your appeal is being looked at.")
            return f"{claim.claim_number} is under review again."
        case _:
            await _move(session, claim, "under_review", body.comment, caller.user_id)
            missing = await documents.outstanding(session, claim)
            await notices.write(session, claim, f"Please send us: {'; '.join(missing)}." if missing else "")
            return f"{claim.claim_number} is under review."


async def answer(session: AsyncSession, caller: Caller, claim: Claim, body: DecisionIn) -> str:
    """Grant or refuse the decision that waits. Raises NotFound when none does, Conflict when the caller asked for it, and
    Invalid for a refusal without a comment."""
    pending = await db.fetch_one(session, Pending, _PENDING, {"claim": claim.id})
    if pending is None:
        raise NotFound(f"No decision on {claim.claim_number} waits for a second person.", code="no_pending_decision")
    if pending.asked_by == caller.user_id:
        raise Conflict("Whoever decided cannot be the second person. Ask a colleague.", code="same_person")
    if body.outcome == "refused" and not body.comment:
        _needed(None, "to refuse a decision", field="comment")
    now = resources.current().clock.now()
    values = {"id": pending.id, "outcome": body.outcome, "user": caller.user_id, "now": now, "comment": body.comment}
    await db.execute(session, _ANSWER, values)
    if body.outcome == "granted":
        text = f"Granted by {caller.name}" + (f": {body.comment}" if body.comment else "")
        await history.write(session, claim.id, "Decision Granted", text, now, level="success", user_id=caller.user_id)
        decision = Decision(pending.decision, pending.amount, pending.reason)
        message = await _apply(session, claim, decision, pending.asked_by)
    else:
        text = f"Refused by {caller.name}: {body.comment}"
        await history.write(session, claim.id, "Decision Refused", text, now, level="warning", user_id=caller.user_id)
        await touch(session, claim)
        message = f"The decision on {claim.claim_number} was refused; it stays under review."
    if pending.asked_by is not None:
        await notifications.notify(
            session,
            pending.asked_by,
            type="update",
            title=f"{claim.claim_number}: your decision was {body.outcome}",
            message=f"{text}.",
            data={"claimId": claim.claim_number},
        )
    return message


async def set_reserve(session: AsyncSession, caller: Caller, claim: Claim, amount: Decimal, reason: str) -> None:
    """Set aside another amount (INR) for an open claim. Raises Conflict for a closed one."""
    if claim.status in ("settled", "withdrawn", "rejected"):
        raise Conflict(f"{claim.claim_number} is {LABELS[claim.status]}: it needs no reserve.", code="claim_closed")
    await db.execute(
        session, "update claims set reserve_amount = %(amount)s where id = %(id)s", {"amount": amount, "id": claim.id}
    )
    details = f"{format_inr(claim.reserve_amount)} → {format_inr(amount)}: {reason}"
    now = resources.current().clock.now()
    await history.write(session, claim.id, "Reserve Changed", details, now, user_id=caller.user_id)
    await touch(session, claim)


def _needed(text: str | None, what_for: str, field: str = "reason") -> str:
    if text:
        return text
    message = f"is needed {what_for}"
    raise Invalid(f"A {field} {message}.", code=f"{field}_required", details=[{"field": field, "message": message}])


def _decision(claim: Claim, body: StatusIn) -> Decision:
    if body.status == "rejected":
        return Decision("rejected", claim.claim_amount, _needed(body.reason, "to reject a claim"))
    amount = claim.claim_amount if body.approved_amount is None else body.approved_amount
    if not ZERO < amount <= claim.claim_amount:
        message = f"must be above 0 and at most the claimed {format_inr(claim.claim_amount)}"
        raise Invalid(
            f"approvedAmount {message}.", code="wrong_amount", details=[{"field": "approvedAmount", "message": message}]
        )
    reason = body.reason
    if amount < claim.claim_amount:
        reason = _needed(reason, "to approve less than was claimed")
    return Decision("approved", amount, reason)


async def refuse_while_pending(session: AsyncSession, claim: Claim) -> None:
    """Raise Conflict while a decision on the claim waits for a second person."""
    pending = await db.fetch_one(session, Pending, _PENDING, {"claim": claim.id})
    if pending is not None:
        raise Conflict(
            f"A decision on {claim.claim_number} waits for a second person, who grants or refuses it first.",
            code="decision_pending",
        )


async def _decide(session: AsyncSession, caller: Caller, claim: Claim, decision: Decision) -> str:
    if not await _needs_second(session, caller, claim, decision):
        return await _apply(session, claim, decision, caller.user_id)
    now = resources.current().clock.now()
    values = {
        "client": claim.client_id,
        "claim": claim.id,
        "decision": decision.kind,
        "amount": decision.amount,
        "reason": decision.reason,
        "user": caller.user_id,
        "now": now,
    }
    await db.execute(session, _ASK, values)
    text = f"{LABELS[decision.kind]}: {format_inr(decision.amount)}"
    await history.write(session, claim.id, "Second Person Needed", text, now, level="warning", user_id=caller.user_id)
    await touch(session, claim)
    others = await identity.holders_of(session, claim.client_id, APPROVAL)
    await notifications.notify(
        session,
        [user for user in others if user != caller.user_id],
        type="assignment",
        title=f"{claim.claim_number} waits for your decision",
        message=f"{caller.name} decided: {text}. Grant or refuse it.",
        data={"claimId": claim.claim_number},
        priority="high",
    )
    return f"{text} on {claim.claim_number} waits for a second person."


async def _needs_second(session: AsyncSession, caller: Caller, claim: Claim, decision: Decision) -> bool:
    in_force = await settings.get(session, claim.client_id, settings.Claims)
    if decision.kind == "rejected" and claim.claim_type == "health" and in_force.review_health_rejections:
        return True
    limit = in_force.senior_approval_limit if caller.may(APPROVAL) else in_force.approval_limit
    return decision.amount > limit


async def _apply(session: AsyncSession, claim: Claim, decision: Decision, user_id: int | None) -> str:
    """What was decided takes effect: amounts, status, clocks, the reserve, and a notice to the claimant."""
    if decision.kind == "rejected":
        await _move(session, claim, "rejected", decision.reason, user_id, approved=ZERO)
        await notices.write(session, claim, f"Reason: {decision.reason} You may appeal against this decision.")
        return f"{claim.claim_number} was rejected."
    await _move(session, claim, "approved", decision.reason, user_id, approved=decision.amount)
    if missing := await documents.outstanding(session, claim):
        now, text = resources.current().clock.now(), "; ".join(missing)
        await history.write(
            session, claim.id, "Approved Without Documents", text, now, level="warning", user_id=user_id
        )
    less = f" Not covered: {decision.reason}" if decision.amount < claim.claim_amount else ""
    await notices.write(session, claim, f"Approved: {format_inr(decision.amount)}.{less}")
    return f"{claim.claim_number} was approved with {format_inr(decision.amount)}."


async def _settle(session: AsyncSession, caller: Caller, claim: Claim, body: StatusIn) -> str:
    approved = claim.approved_amount if claim.approved_amount is not None else claim.claim_amount
    amount = approved if body.settlement_amount is None else body.settlement_amount
    today = resources.current().clock.today()
    day = body.settlement_date or today
    _check_settlement(claim, amount, approved, day, today)
    values = {"id": claim.id, "amount": amount, "date": day, "reference": body.settlement_reference}
    await db.execute(session, _SETTLE, values)
    reference = f", reference {body.settlement_reference}" if body.settlement_reference else ""
    details = f"{format_inr(amount)} on {day:%d/%m/%Y}{reference}"
    await _move(session, claim, "settled", details, caller.user_id, approved=approved, event="Payment Processed")
    await notices.write(session, claim, f"Paid: {format_inr(amount)}{reference}.")
    return f"{claim.claim_number} was settled with {format_inr(amount)}."


def _check_settlement(claim: Claim, amount: Decimal, approved: Decimal, day: date, today: date) -> None:
    if not ZERO < amount <= approved:
        message = f"must be above 0 and at most the approved {format_inr(approved)}"
        raise Invalid(
            f"settlementAmount {message}.",
            code="wrong_amount",
            details=[{"field": "settlementAmount", "message": message}],
        )
    if not claim.reported_date <= day <= today:
        message = f"must lie between {claim.reported_date:%d/%m/%Y}, when the claim was reported, and today"
        raise Invalid(
            f"settlementDate {message}.", code="wrong_date", details=[{"field": "settlementDate", "message": message}]
        )


async def _move(
    session: AsyncSession,
    claim: Claim,
    new: str,
    details: str | None,
    user_id: int | None,
    *,
    approved: Decimal | None = None,
    event: str | None = None,
) -> None:
    """Set the status and what follows from it: amounts, reserve, clocks, history, version."""
    now = resources.current().clock.now()
    decided = approved is not None
    closes = new in ("settled", "rejected", "withdrawn")
    values = {
        "id": claim.id,
        "status": new,
        "approved": approved,
        "rejected": claim.claim_amount - approved if approved is not None else None,
        "reason": details if new == "rejected" else None,
        "reserve": ZERO if closes else approved if decided else claim.reserve_amount or claim.claim_amount,
        "decided": now if decided else None,
        "closed": now if closes else None,
    }
    await db.execute(session, _MOVE, values)
    levels: dict[str, history.Level] = {"approved": "success", "settled": "success", "rejected": "error"}
    await history.write(
        session,
        claim.id,
        event or LABELS[new],
        details,
        now,
        level=levels.get(new, "info"),
        status=new,
        user_id=user_id,
    )
    if closes:
        await clocks.stop(session, claim, now)
    elif new == "approved":
        await clocks.stop(session, claim, now, ["cashless_authorization"])
    claim.status, claim.approved_amount = new, approved
    await touch(session, claim)
