"""The statutory clocks of a claim (IRDAI): started, stopped, and watched so that handlers know before a period is over.

A period is a row, so that a clock which ran once is never forgotten. What an office sets (settings, claims) counts for
periods that start afterwards. docs/compliance.md names the circulars.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.clock import INDIA
from py360.modules.claims.service import history
from py360.modules.claims.service.lock import Claim
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

Kind = Literal[
    "cashless_authorization", "cashless_discharge", "health_settlement", "death_settlement", "general_settlement"
]
WORDS: Final = {
    "cashless_authorization": "Cashless authorisation",
    "cashless_discharge": "Discharge authorisation",
    "health_settlement": "Health settlement",
    "death_settlement": "Death settlement",
    "general_settlement": "Settlement",
}
SETTLEMENTS: Final = ("health_settlement", "death_settlement", "general_settlement")
BATCH: Final = 500

_START: Final = """
insert into claim_clocks (client_id, claim_id, kind, started_at, warn_at, due_at)
values (%(client)s, %(claim)s, %(kind)s, %(start)s, %(warn)s, %(due)s)
on conflict (claim_id, kind) where stopped_at is null do nothing
"""
_STOP: Final = """
update claim_clocks set stopped_at = %(at)s
where claim_id = %(claim)s and stopped_at is null and kind = any(%(kinds)s)
"""
_MOVE: Final = """
update claim_clocks set due_at = %(due)s, warn_at = %(warn)s, warned_at = case when %(warn)s > %(now)s then null else warned_at end,
  breached_at = case when %(due)s > %(now)s then null else breached_at end
where claim_id = %(claim)s and kind = %(kind)s and stopped_at is null
"""
_WATCH: Final = sql.read(__file__, "watch_clocks")


@dataclass(frozen=True, slots=True)
class Late:
    """A running clock whose handler has to be notified now: it is nearly over, or it is over (`breached`)."""

    claim_id: int
    client_id: int
    claim_number: str
    assigned_to: int | None
    kind: str
    due_at: datetime
    breached: bool


def settlement_kind(claim_type: str) -> Kind:
    """Which period the settlement of a claim of this type has."""
    kinds: dict[str, Kind] = {"health": "health_settlement", "death": "death_settlement"}
    return kinds.get(claim_type, "general_settlement")


def period(kind: Kind, in_force: settings.Claims, is_investigated: bool) -> timedelta:
    """How long the office has."""
    match kind:
        case "cashless_authorization":
            return timedelta(minutes=in_force.cashless_authorization_minutes)
        case "cashless_discharge":
            return timedelta(minutes=in_force.cashless_discharge_minutes)
        case "health_settlement":
            return timedelta(days=in_force.health_settlement_days)
        case "death_settlement" if is_investigated:
            return timedelta(days=in_force.death_investigation_days)
        case "death_settlement":
            return timedelta(days=in_force.death_settlement_days)
        case _:
            return timedelta(days=in_force.general_settlement_days)


async def start(session: AsyncSession, claim: Claim, kind: Kind, at: datetime) -> None:
    """A period begins; one that runs already continues."""
    in_force = await settings.get(session, claim.client_id, settings.Claims)
    span = period(kind, in_force, claim.is_investigated)
    values = {
        "client": claim.client_id,
        "claim": claim.id,
        "kind": kind,
        "start": at,
        "warn": at + span * in_force.warn_at_percent / 100,
        "due": at + span,
    }
    await db.execute(session, _START, values)


async def stop(session: AsyncSession, claim: Claim, at: datetime, kinds: Iterable[str] = tuple(WORDS)) -> None:
    """These periods are over, in time or not; all of them unless named."""
    await db.execute(session, _STOP, {"claim": claim.id, "at": at, "kinds": list(kinds)})


async def start_settlement(session: AsyncSession, claim: Claim, at: datetime) -> None:
    """The period to settle begins, and for a cashless stay the one to authorise it."""
    await start(session, claim, settlement_kind(claim.claim_type), at)
    if claim.is_cashless:
        await start(session, claim, "cashless_authorization", at)


async def refit(session: AsyncSession, claim: Claim) -> None:
    """After an edit: the clocks are those of the claim's type, and an investigation gives a death claim its longer period.
    Both count from the day the claim was reported."""
    kind = settlement_kind(claim.claim_type)
    now = resources.current().clock.now()
    await stop(session, claim, now, [other for other in SETTLEMENTS if other != kind])
    if not claim.is_cashless:
        await stop(session, claim, now, ["cashless_authorization", "cashless_discharge"])
    await start_settlement(session, claim, claim.reported_at)
    in_force = await settings.get(session, claim.client_id, settings.Claims)
    span = period(kind, in_force, claim.is_investigated)
    warn = claim.reported_at + span * in_force.warn_at_percent / 100
    values = {"claim": claim.id, "kind": kind, "warn": warn, "due": claim.reported_at + span, "now": now}
    await db.execute(session, _MOVE, values)


async def watch(session: AsyncSession) -> int:
    """Notify handlers of the clocks that are nearly over or over, each once, up to a batch; how many there were."""
    now = resources.current().clock.now()
    late = await db.fetch_all(session, Late, _WATCH, {"now": now, "batch": BATCH})
    for each in late:
        if each.breached:
            details = f"{WORDS[each.kind]} was due {_moment(each.due_at)}"
            await history.write(session, each.claim_id, "Deadline Missed", details, now, level="error")
    unassigned = {each.client_id for each in late if each.assigned_to is None}
    desks = {client: await identity.holders_of(session, client, "claims") for client in unassigned}
    notices = [
        notifications.Notice(user, _title(each), _message(each), {"claimId": each.claim_number})
        for each in late
        for user in ([each.assigned_to] if each.assigned_to is not None else desks[each.client_id])
    ]
    if notices:
        await notifications.notify_each(session, notices, type="reminder")
    return len(late)


def _title(clock: Late) -> str:
    return f"{clock.claim_number}: {WORDS[clock.kind]} " + ("is overdue" if clock.breached else "is due soon")


def _message(clock: Late) -> str:
    if clock.breached:
        return f"It was due {_moment(clock.due_at)}. Decide it now and note the reason for the delay."
    return f"It is due {_moment(clock.due_at)}."


def _moment(at: datetime) -> str:
    return f"{at.astimezone(INDIA):%d/%m/%Y %H:%M}"
