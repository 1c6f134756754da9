"""The do-not-contact registry's entries: added, changed, put in and out of force, deleted (domain reference, section 15)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg.errors import UniqueViolation
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids, resources
from py360.kit.caller import Caller
from py360.kit.clock import version_of
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.modules.compliance.contacts import phone_key, writable
from py360.modules.compliance.schemas import DncIn


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the registry, locked for a change."""

    id: int
    client_id: int
    customer_name: str | None
    customer_phone: str | None
    customer_email: str | None
    is_active: bool
    override_allowed: bool
    updated_at: datetime

    @property
    def named(self) -> str:
        """Who it is about, in words."""
        return str(self.customer_name or self.customer_phone or self.customer_email)


async def client_of(session: AsyncSession, caller: Caller, ref: str | int | None) -> int:
    """The client meant: by number or code, else the caller's own. Raises NotFound outside the caller's clients."""
    if ref is None:
        return caller.client_id
    number = await db.fetch_one(
        session,
        int,
        "select id from identity_public_client where (id::text = %(ref)s or client_code = %(ref)s) and id = any(%(clients)s)",
        {"ref": str(ref), "clients": list(caller.client_ids)},
    )
    if number is None:
        raise NotFound(f"There is no client “{str(ref)[:50]}”.", code="client_not_found")
    return number


def columns_of(body: DncIn) -> dict[str, str | date | bool | None]:
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


_INSERT: Final = """
insert into dnc_registry (client_id, customer_name, customer_phone, customer_email, dnc_type, dnc_source, reason,
  effective_date, expiry_date, is_active, override_allowed, created_by)
values (%(client)s, %(name)s, %(phone)s, %(email)s, %(type)s, %(source)s, %(reason)s, %(effective)s, %(expiry)s, %(active)s,
  %(override)s, %(user)s)
returning id
"""


async def add(session: AsyncSession, caller: Caller, body: DncIn) -> int:
    """Add an entry; its number. Raises Conflict (`dnc_exists`) when the client has it already."""
    params = {**columns_of(body), "client": await client_of(session, caller, body.client_id), "user": caller.user_id}
    try:
        async with session.begin_nested():
            return await db.fetch_only(session, int, _INSERT, params)
    except UniqueViolation as error:
        raise Conflict(
            "This contact is on the registry already. Change the entry that is there.", code="dnc_exists"
        ) from error


_LOAD: Final = """
select id, client_id, customer_name, customer_phone, customer_email, is_active, override_allowed, updated_at
from dnc_registry where id = %(id)s and client_id = any(%(clients)s) for update
"""


async def load(session: AsyncSession, caller: Caller, ref: str) -> Entry:
    """An entry within the caller's clients. Raises NotFound."""
    params = {"id": ids.number("dnc", ref), "clients": list(caller.client_ids)}
    entry = await db.fetch_one(session, Entry, _LOAD, params)
    if entry is None:
        raise NotFound(f"There is no do-not-contact entry “{ref[:40]}”.", code="dnc_not_found")
    return entry


_UPDATE: Final = """
update dnc_registry set customer_name = %(name)s, customer_phone = %(phone)s, customer_email = %(email)s, dnc_type = %(type)s,
  dnc_source = %(source)s, reason = %(reason)s, effective_date = %(effective)s, expiry_date = %(expiry)s,
  is_active = %(active)s, override_allowed = %(override)s
where id = %(id)s
"""


async def change(session: AsyncSession, caller: Caller, ref: str, body: DncIn, version: int | None) -> int:
    """Save an entry again. Raises NotFound, Conflict, and PreconditionFailed when `version` is no longer the entry's."""
    old = await load(session, caller, ref)
    if version is not None and version != version_of(old.updated_at):
        raise PreconditionFailed
    try:
        async with session.begin_nested():
            await db.execute(session, _UPDATE, {**columns_of(body), "id": old.id})
    except UniqueViolation as error:
        raise Conflict("Another entry has this contact already. Change that one.", code="dnc_exists") from error
    return old.id


async def switch(session: AsyncSession, caller: Caller, ref: str, active: bool | None) -> tuple[int, bool]:
    """Put an entry in or out of force (None: the other of the two); its number and what it is now."""
    old = await load(session, caller, ref)
    wanted = (not old.is_active) if active is None else active
    await db.execute(
        session, "update dnc_registry set is_active = %(active)s where id = %(id)s", {"active": wanted, "id": old.id}
    )
    return old.id, wanted


async def remove(session: AsyncSession, caller: Caller, ref: str) -> int:
    """Delete an entry with its overrides."""
    old = await load(session, caller, ref)
    await db.execute(session, "delete from dnc_registry where id = %(id)s", {"id": old.id})
    return old.id
