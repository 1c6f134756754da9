"""Overrides: write in spite of an entry of the registry, for a while, when another person approves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Forbidden, Invalid, NotFound
from py360.modules.compliance.schemas import OverrideIn
from py360.modules.compliance.service.entries import Entry, load
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

# From each status, what a decision makes of it.
DECISIONS: Final = {
    ("pending", "approved"): "approved",
    ("pending", "rejected"): "rejected",
    ("approved", "revoked"): "revoked",
    ("pending", "revoked"): "revoked",
}


_REQUEST: Final = """
insert into dnc_override_logs (dnc_id, override_type, reason, start_date, end_date, status, requested_by)
values (%(dnc)s, %(type)s, %(reason)s, %(now)s, %(end)s, %(status)s, %(user)s) returning id
"""


async def request_override(session: AsyncSession, caller: Caller, ref: str, body: OverrideIn) -> tuple[int, str]:
    """Ask to write in spite of an entry: pending until another person approves, unless the setting asks for no approval.

    Raises Conflict (`override_not_allowed`) when the entry or the settings allow none.
    """
    entry = await load(session, caller, ref)
    rules = await settings.get(session, entry.client_id, settings.Dnc)
    if not entry.override_allowed or not rules.allow_overrides:
        raise Conflict(
            "This entry allows no override. Change the entry or the settings first.", code="override_not_allowed"
        )
    now = resources.current().clock.now()
    end: datetime | None = None
    if body.override_type == "temporary":
        end = body.end_date or now + timedelta(hours=rules.override_expiry_hours)
        if end.tzinfo is None or end <= now:
            raise Invalid("The end must be a moment in the future, with its time zone.", code="override_end")
    status = "pending" if rules.override_requires_approval else "approved"
    number = await db.fetch_only(
        session,
        int,
        _REQUEST,
        {
            "dnc": entry.id,
            "type": body.override_type,
            "reason": body.reason,
            "now": now,
            "end": end,
            "status": status,
            "user": caller.user_id,
        },
    )
    if status == "pending":
        await _ask(session, caller, entry, number, body.reason)
    return number, status


async def _ask(session: AsyncSession, caller: Caller, entry: Entry, number: int, reason: str) -> None:
    """Notify those who may decide, except the one who asks."""
    deciders = await identity.holders_of(session, entry.client_id, "settings")
    await notifications.notify(
        session,
        [user for user in deciders if user != caller.user_id],
        type="system",
        title="A do-not-contact override is asked for",
        message=f"{caller.name} asks to write to {entry.named}: {reason}",
        data={"overrideId": ids.code("override", number), "dncId": ids.code("dnc", entry.id)},
        priority="high",
    )


@dataclass(frozen=True, slots=True)
class _Override:
    id: int
    status: str
    requested_by: int | None
    dnc_id: int
    named: str


_OVERRIDE: Final = """
select o.id, o.status, o.requested_by, o.dnc_id, coalesce(r.customer_name, r.customer_phone, r.customer_email) as named
from dnc_override_logs o join dnc_registry r on r.id = o.dnc_id
where o.id = %(id)s and r.client_id = any(%(clients)s) for update of o
"""


async def decide_override(
    session: AsyncSession, caller: Caller, ref: str, decision: str, reason: str | None
) -> tuple[int, str]:
    """Approve, reject or revoke an override. Nobody approves their own (Forbidden)."""
    params = {"id": ids.number("override", ref), "clients": list(caller.client_ids)}
    row = await db.fetch_one(session, _Override, _OVERRIDE, params)
    if row is None:
        raise NotFound(f"There is no do-not-contact override “{ref[:40]}”.", code="override_not_found")
    wanted = {"approve": "approved", "reject": "rejected", "revoke": "revoked"}.get(decision, decision)
    status = DECISIONS.get((row.status, wanted))
    if status is None:
        raise Conflict(f"An override that is {row.status} cannot be {wanted}.", code="refused_transition")
    if status == "approved" and row.requested_by == caller.user_id:
        raise Forbidden("A colleague must approve your override.", code="own_override")
    await db.execute(
        session,
        "update dnc_override_logs set status = %(status)s, authorized_by = %(user)s, approval_reason = %(reason)s"
        " where id = %(id)s",
        {"status": status, "user": caller.user_id, "reason": reason, "id": row.id},
    )
    if row.requested_by not in (None, caller.user_id):
        await notifications.notify(
            session,
            row.requested_by,
            type="system",
            title=f"Your do-not-contact override is {status}",
            message=f"{caller.name} decided about {row.named}." + (f" {reason}" if reason else ""),
            data={"overrideId": ids.code("override", row.id), "dncId": ids.code("dnc", row.dnc_id)},
        )
    return row.id, status


async def expire_overrides(session: AsyncSession) -> int:
    """Approved overrides whose end has passed become `expired`; how many."""
    return await db.execute(
        session,
        "update dnc_override_logs set status = 'expired' where status = 'approved' and end_date <= %(now)s",
        {"now": resources.current().clock.now()},
    )
