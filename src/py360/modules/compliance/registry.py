"""The do-not-contact registry: entries, checks, clean lists, overrides (domain reference, section 15)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.errors import UniqueViolation
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.clock import version_of
from py360.kit.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from py360.modules.compliance.admission import Block, Channel, Contact, admissible
from py360.modules.compliance.contacts import contact_key, phone_key, writable
from py360.modules.compliance.schemas import ContactIn, DncIn, OverrideIn
from py360.modules.identity import api as identity
from py360.modules.notifications import api as notifications
from py360.modules.settings import api as settings

CHANNELS: Final[tuple[Channel, ...]] = ("email", "sms", "whatsapp", "call")


async def client_of(session: AsyncSession, caller: Caller, ref: str | int | None) -> int:
    """The client meant: by number or code, else the caller's own. Raises NotFound outside the caller's clients."""
    if ref is None:
        return caller.client_id
    number = await db.value(
        session,
        "select id from identity_public_client where (id::text = %(ref)s or client_code = %(ref)s) and id = any(%(clients)s)",
        {"ref": str(ref), "clients": list(caller.client_ids)},
    )
    if number is None:
        raise NotFound(f"There is no client “{str(ref)[:50]}”.", code="client_not_found")
    return int(number)


# ---------------------------------------------------------------- entries


def _entry(body: DncIn) -> dict[str, Any]:
    """The columns of an entry, its addresses in their stored form. Raises Invalid for what does not fit its type."""
    details = []
    phone = phone_key(body.customer_phone) if body.customer_phone else None
    email = writable("email", body.customer_email) if body.customer_email else None
    if body.customer_phone and phone is None:
        details.append({"field": "customerPhone", "message": f"“{body.customer_phone}” is not a phone number"})
    if body.customer_email and email is None:
        details.append({"field": "customerEmail", "message": f"“{body.customer_email}” is not an e-mail address"})
    if body.dnc_type in {"phone", "both"} and not body.customer_phone:
        details.append({"field": "customerPhone", "message": f"is needed for type {body.dnc_type}"})
    if body.dnc_type in {"email", "both"} and not body.customer_email:
        details.append({"field": "customerEmail", "message": f"is needed for type {body.dnc_type}"})
    effective = body.effective_date or resources.current().clock.today()
    if body.expiry_date is not None and body.expiry_date <= effective:
        details.append({"field": "expiryDate", "message": "must be after the effective date"})
    if details:
        raise Invalid("The entry is not complete.", code="dnc_entry", details=details)
    return {
        "name": body.customer_name,
        "phone": phone,
        "email": email.lower() if email else None,
        "type": body.dnc_type,
        "source": body.dnc_source,
        "reason": body.reason,
        "effective": effective,
        "expiry": body.expiry_date,
        "active": body.is_active,
        "override": body.override_allowed,
    }


async def add(session: AsyncSession, caller: Caller, body: DncIn) -> int:
    """Add an entry. Raises Conflict (`dnc_exists`) when the client has it already."""
    values = {**_entry(body), "client": await client_of(session, caller, body.client_id), "user": caller.user_id}
    try:
        async with session.begin_nested():
            number: int = await db.value(
                session,
                "insert into dnc_registry (client_id, customer_name, customer_phone, customer_email, dnc_type, dnc_source,"
                " reason, effective_date, expiry_date, is_active, override_allowed, created_by) values (%(client)s,"
                " %(name)s, %(phone)s, %(email)s, %(type)s, %(source)s, %(reason)s, %(effective)s, %(expiry)s, %(active)s,"
                " %(override)s, %(user)s) returning id",
                values,
            )
    except UniqueViolation as error:
        raise Conflict("This contact is on the registry already.", code="dnc_exists") from error
    return number


async def load(session: AsyncSession, caller: Caller, ref: str) -> db.Row:
    """An entry within the caller's clients. Raises NotFound."""
    row = await db.one(
        session,
        "select * from dnc_registry where id = %(id)s and client_id = any(%(clients)s) for update",
        {"id": ids.number("dnc", ref), "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no do-not-contact entry “{ref[:40]}”.", code="dnc_not_found")
    return row


async def change(session: AsyncSession, caller: Caller, ref: str, body: DncIn, version: int | None) -> int:
    """Save an entry again. Raises NotFound, Conflict, and PreconditionFailed when `version` is no longer the entry's."""
    old = await load(session, caller, ref)
    if version is not None and version != version_of(old["updated_at"]):
        raise PreconditionFailed
    try:
        async with session.begin_nested():
            await db.execute(
                session,
                "update dnc_registry set customer_name = %(name)s, customer_phone = %(phone)s, customer_email = %(email)s,"
                " dnc_type = %(type)s, dnc_source = %(source)s, reason = %(reason)s, effective_date = %(effective)s,"
                " expiry_date = %(expiry)s, is_active = %(active)s, override_allowed = %(override)s where id = %(id)s",
                {**_entry(body), "id": old["id"]},
            )
    except UniqueViolation as error:
        raise Conflict("Another entry has this contact already.", code="dnc_exists") from error
    return int(old["id"])


async def switch(session: AsyncSession, caller: Caller, ref: str, active: bool | None) -> tuple[int, bool]:
    """Put an entry in or out of force (None: turn it round); its number and what it is now."""
    old = await load(session, caller, ref)
    wanted = (not old["is_active"]) if active is None else active
    await db.execute(
        session, "update dnc_registry set is_active = %(active)s where id = %(id)s", {"active": wanted, "id": old["id"]}
    )
    return int(old["id"]), wanted


async def remove(session: AsyncSession, caller: Caller, ref: str) -> int:
    """Delete an entry with its overrides."""
    old = await load(session, caller, ref)
    await db.execute(session, "delete from dnc_registry where id = %(id)s", {"id": old["id"]})
    return int(old["id"])


# ---------------------------------------------------------------- checks


def _address(contact: ContactIn, channel: Channel) -> str | None:
    """The contact's address for a channel, in its stored form."""
    given = contact.email if channel == "email" else contact.phone
    return contact_key(channel, given) if given else None


async def check(session: AsyncSession, client_id: int, channel: Channel, contact: ContactIn) -> Block | None:
    """Whether the registry stops a message to this contact, and whether an override may be asked for. Raises Invalid without an address for the channel."""
    address = _address(contact, channel)
    if address is None:
        field = "email" if channel == "email" else "phone"
        raise Invalid(
            f"A check for {channel} needs the contact's {field}.",
            code="contact_missing",
            details=[{"field": f"contact.{field}", "message": "is missing"}],
        )
    (block,) = await admissible(session, client_id, channel, "service", [Contact(address)])
    if block is None or block.reason != "dnc":
        return None
    rules = await settings.get(session, client_id, settings.Dnc)
    return replace(block, override_allowed=block.override_allowed and rules.allow_overrides)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A list of contacts after duplicates and blocked ones were taken out."""

    allowed: list[ContactIn]
    blocked: list[tuple[ContactIn, Block]]
    duplicates: int


async def deduplicate(
    session: AsyncSession, caller: Caller, client_id: int, channel: Channel | None, contacts: Sequence[ContactIn]
) -> Cleaned:
    """Take out duplicates (per channel, blanks never match) and the blocked ones. Fails closed: an error lets nobody pass.

    Raises Conflict (`bulk_off`) where the office has switched work on whole lists off.
    """
    if not (await settings.get(session, client_id, settings.Dnc)).bulk_operations_enabled:
        raise Conflict("Cleaning whole lists is switched off under Settings, DNC Management.", code="bulk_off")
    channels: list[Channel] = [channel] if channel else ["email", "sms"]
    unique = _unique(contacts, channels)
    blocks: dict[int, Block] = {}
    reachable: set[int] = set()
    for each in channels:
        asked = [(place, address) for place, contact in enumerate(unique) if (address := _address(contact, each))]
        found = await admissible(session, client_id, each, "service", [Contact(address) for _, address in asked])
        for (place, _), block in zip(asked, found, strict=True):
            if block is None:
                reachable.add(place)
            elif place not in blocks:
                blocks[place] = block
    allowed = [contact for place, contact in enumerate(unique) if place in reachable]
    blocked = [(unique[place], block) for place, block in sorted(blocks.items()) if place not in reachable]
    duplicates = len(contacts) - len(unique)
    await db.execute(
        session,
        "insert into dnc_deduplication_log (client_id, operation_type, total_contacts, duplicate_contacts,"
        " dnc_blocked_contacts, clean_contacts, performed_by)"
        " values (%(client)s, 'manual', %(total)s, %(duplicates)s, %(blocked)s, %(clean)s, %(user)s)",
        {
            "client": client_id,
            "total": len(contacts),
            "duplicates": duplicates,
            "blocked": len(blocked),
            "clean": len(allowed),
            "user": caller.user_id,
        },
    )
    return Cleaned(allowed, blocked, duplicates)


def _unique(contacts: Sequence[ContactIn], channels: Sequence[Channel]) -> list[ContactIn]:
    """The contacts who add an address to those before them: whose phone is known may still be written to by e-mail."""
    seen: set[tuple[str, str]] = set()
    kept = []
    for contact in contacts:
        keys = {("email" if each == "email" else "phone", _address(contact, each) or "") for each in channels}
        keys = {key for key in keys if key[1]}
        if keys - seen or not keys:
            kept.append(contact)
        seen |= keys
    return kept


# ---------------------------------------------------------------- overrides

# From each status, what a decision makes of it.
DECISIONS: Final = {
    ("pending", "approved"): "approved",
    ("pending", "rejected"): "rejected",
    ("approved", "revoked"): "revoked",
    ("pending", "revoked"): "revoked",
}


async def request_override(session: AsyncSession, caller: Caller, ref: str, body: OverrideIn) -> tuple[int, str]:
    """Ask to write in spite of an entry: pending until somebody else approves, unless the setting asks for no approval.

    Raises Conflict (`override_not_allowed`) when the entry or the settings allow none.
    """
    entry = await load(session, caller, ref)
    rules = await settings.get(session, entry["client_id"], settings.Dnc)
    if not entry["override_allowed"] or not rules.allow_overrides:
        raise Conflict("This entry allows no override.", code="override_not_allowed")
    now = resources.current().clock.now()
    end: datetime | None = None
    if body.override_type == "temporary":
        end = body.end_date or now + timedelta(hours=rules.override_expiry_hours)
        if end.tzinfo is None or end <= now:
            raise Invalid("The end must be a moment in the future, with its time zone.", code="override_end")
    status = "pending" if rules.override_requires_approval else "approved"
    number: int = await db.value(
        session,
        "insert into dnc_override_logs (dnc_id, override_type, reason, start_date, end_date, status, requested_by)"
        " values (%(dnc)s, %(type)s, %(reason)s, %(now)s, %(end)s, %(status)s, %(user)s) returning id",
        {
            "dnc": entry["id"],
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


async def _ask(session: AsyncSession, caller: Caller, entry: db.Row, number: int, reason: str) -> None:
    """Tell those who may decide, except the one who asks."""
    deciders = await identity.holders_of(session, entry["client_id"], "settings")
    await notifications.notify(
        session,
        [user for user in deciders if user != caller.user_id],
        type="system",
        title="A do-not-contact override is asked for",
        message=f"{caller.name} asks to write to {_named(entry)}: {reason}",
        data={"overrideId": ids.code("override", number), "dncId": ids.code("dnc", entry["id"])},
        priority="high",
    )


def _named(entry: db.Row) -> str:
    return str(entry["customer_name"] or entry["customer_phone"] or entry["customer_email"])


async def decide_override(
    session: AsyncSession, caller: Caller, ref: str, decision: str, reason: str | None
) -> tuple[int, str]:
    """Approve, reject or revoke an override. Nobody approves their own (Forbidden)."""
    row = await db.one(
        session,
        "select o.id, o.status, o.requested_by, o.dnc_id, r.customer_name, r.customer_phone, r.customer_email"
        " from dnc_override_logs o join dnc_registry r on r.id = o.dnc_id"
        " where o.id = %(id)s and r.client_id = any(%(clients)s) for update of o",
        {"id": ids.number("override", ref), "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no do-not-contact override “{ref[:40]}”.", code="override_not_found")
    wanted = {"approve": "approved", "reject": "rejected", "revoke": "revoked"}.get(decision, decision)
    status = DECISIONS.get((row["status"], wanted))
    if status is None:
        raise Conflict(f"An override that is {row['status']} cannot be {wanted}.", code="refused_transition")
    if status == "approved" and row["requested_by"] == caller.user_id:
        raise Forbidden("Somebody else must approve your override.", code="own_override")
    await db.execute(
        session,
        "update dnc_override_logs set status = %(status)s, authorized_by = %(user)s, approval_reason = %(reason)s"
        " where id = %(id)s",
        {"status": status, "user": caller.user_id, "reason": reason, "id": row["id"]},
    )
    if row["requested_by"] not in (None, caller.user_id):
        await notifications.notify(
            session,
            row["requested_by"],
            type="system",
            title=f"Your do-not-contact override is {status}",
            message=f"{caller.name} decided about {_named(row)}." + (f" {reason}" if reason else ""),
            data={"overrideId": ids.code("override", row["id"]), "dncId": ids.code("dnc", row["dnc_id"])},
        )
    return int(row["id"]), status


async def expire_overrides(session: AsyncSession) -> int:
    """Approved overrides whose end has passed become `expired`; how many."""
    return await db.execute(
        session,
        "update dnc_override_logs set status = 'expired' where status = 'approved' and end_date <= %(now)s",
        {"now": resources.current().clock.now()},
    )
