"""Editing a claim, its star, and the steps of its assessment."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict
from py360.modules.claims.schemas import ClaimChange, EventIn
from py360.modules.claims.service import clocks, decide, documents, history
from py360.modules.claims.service.lock import Claim, touch
from py360.modules.claims.service.submit import check_dates, claimant_values, note_death
from py360.modules.claims.statuses import LABELS

_COLUMNS: Final[Mapping[str, str]] = {
    "type": "claim_type",
    "category": "category",
    "title": "title",
    "description": "description",
    "claim_amount": "claim_amount",
    "incident_date": "incident_date",
    "priority": "priority",
    "is_cashless": "is_cashless",
    "is_investigated": "is_investigated",
}
_FIXED: Final = ("type", "claim_amount", "incident_date", "is_cashless")  # once the claim is decided
_EVENTS: Final[Mapping[str, str]] = {
    "initial_assessment": "Initial Assessment",
    "documentation_received": "Documentation Received",
    "pre_authorization": "Pre-authorization",
    "discharge_requested": "Discharge Requested",
    "discharge_authorized": "Discharge Authorized",
    "site_inspection": "Site Inspection",
    "medical_review": "Medical Review",
    "police_verification": "Police Verification",
    "note": "Note",
}


async def edit(session: AsyncSession, caller: Caller, claim: Claim, body: ClaimChange) -> None:
    """Set the given fields of a locked claim. Raises Conflict for what a decided claim keeps, and while a decision on it waits for a
    second person; Invalid for dates."""
    given = body.model_fields_set
    fixed = [name for name in _FIXED if name in given]
    _check_may_change(claim, fixed)
    if fixed:
        await decide.refuse_while_pending(session, claim)
    if "incident_date" in given:
        check_dates(body.incident_date, claim.reported_date, resources.current().clock.today())
    values: dict[str, object] = {_COLUMNS[name]: getattr(body, name) for name in _COLUMNS if name in given}
    if "claimant" in given:
        values |= claimant_values(body.claimant)
    if not values:
        return
    sets = ", ".join(f"{column} = %({column})s" for column in values)
    await db.execute(session, f"update claims set {sets} where id = %(id)s", {**values, "id": claim.id})
    was = claim.claim_type
    for name in ("type", "category", "claim_amount", "is_cashless", "is_investigated"):
        if name in given:
            setattr(claim, _COLUMNS[name], getattr(body, name))
    now = resources.current().clock.now()
    changed = ", ".join(column.replace("_", " ") for column in values)
    await history.write(session, claim.id, "Updated", f"Changed: {changed}", now, user_id=caller.user_id)
    if given & {"type", "is_cashless", "is_investigated"} and claim.status in ("submitted", "under_review"):
        await documents.ask_for_required(session, claim, now)
        await clocks.refit(session, claim)
    if claim.claim_type == "death" and was != "death":
        await note_death(session, claim)
    await touch(session, claim)


def _check_may_change(claim: Claim, fields: Sequence[str]) -> None:
    if fields and claim.status not in ("submitted", "under_review"):
        message = f"stays as it is: the claim is {LABELS[claim.status]}"
        raise Conflict(
            f"{claim.claim_number} is {LABELS[claim.status]}: type, amount and dates stay.",
            code="claim_decided",
            details=[{"field": name, "message": message} for name in fields],
        )


async def star(session: AsyncSession, claim: Claim, starred: bool | None) -> bool:
    """Star a locked claim or take the star away; toggled when nothing is given. Whether it is starred now."""
    starred = not claim.starred if starred is None else starred
    await db.execute(
        session, "update claims set starred = %(starred)s where id = %(id)s", {"starred": starred, "id": claim.id}
    )
    return starred


async def note_event(session: AsyncSession, caller: Caller, claim: Claim, body: EventIn) -> None:
    """A step of the assessment; those of a stay in hospital start and stop its clocks. Raises Conflict for them when the
    claim is not cashless."""
    now = resources.current().clock.now()
    if body.event in ("pre_authorization", "discharge_requested", "discharge_authorized") and not claim.is_cashless:
        raise Conflict(
            f"{claim.claim_number} is not cashless: it has no {_EVENTS[body.event].lower()}.", code="not_cashless"
        )
    await history.write(
        session, claim.id, _EVENTS[body.event], body.details, now, level=body.level, user_id=caller.user_id
    )
    if body.event == "pre_authorization":
        await clocks.stop(session, claim, now, ["cashless_authorization"])
    elif body.event == "discharge_requested":
        await clocks.start(session, claim, "cashless_discharge", now)
    elif body.event == "discharge_authorized":
        await clocks.stop(session, claim, now, ["cashless_discharge"])
    await touch(session, claim)
