"""Adding and changing customers by hand."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.kit.free_json import FreeJson
from py360.modules.customers.columns import CUSTOMER_COLUMNS, FILED_OF_CUSTOMER, Fields, describe_change, values_of
from py360.modules.customers.schemas import CustomerIn, PreferencesIn

# A contact that changed is not verified any more.
_STAMPS: Final = {"email": "email_verified_at", "phone": "phone_verified_at", "pan": "pan_verified_at"}
# The parts of the preferences beside the channels: our name and the name in the stored object.
PREFERENCE_PARTS: Final = {"renewal_timeline": "renewalTimeline", "payment": "payment", "language": "language"}


@dataclass(frozen=True, slots=True)
class _Taken:
    """Another customer of the client with the same code or PAN."""

    by_code: bool


_BEFORE: Final = f"""
select client_id, (extract(epoch from updated_at) * 1000000)::bigint as edition, {", ".join(CUSTOMER_COLUMNS)}
from customers where id = %(id)s for update
"""


@dataclass(frozen=True, slots=True)
class _Before:
    """A customer before a change; `edition` is the version of its ETag."""

    client_id: int
    edition: int
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    gender: str | None
    pan: str | None
    address: FreeJson | None
    customer_profile: str
    preferred_language: str
    communication_preferences: FreeJson | None


async def create_customer(session: AsyncSession, client_id: int, new: CustomerIn) -> int:
    """Add a customer of a client; the number. Raises Conflict when the code or the PAN is taken."""
    code = new.customer_code
    await _check_code_and_pan(session, client_id, code, new.pan)
    number = await db.fetch_only(session, int, "select nextval('customers_id_seq')")
    values = {"last_name": ""} | values_of(new.given(), CUSTOMER_COLUMNS)
    values |= {"id": number, "client_id": client_id, "customer_code": code or f"CUST-{number}"}
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    await db.execute(session, f"insert into customers ({names}) values ({places})", values)
    return number


async def _check_code_and_pan(
    session: AsyncSession, client_id: int, code: str | None, pan: str | None, but: int = 0
) -> None:
    taken = await db.fetch_one(
        session,
        _Taken,
        "select coalesce(customer_code = %(code)s, false) as by_code from customers"
        " where client_id = %(client)s and (customer_code = %(code)s or pan = %(pan)s) and id <> %(but)s limit 1",
        {"code": code, "pan": pan, "client": client_id, "but": but},
    )
    if taken:
        what = "customer code" if taken.by_code else "PAN"
        raise Conflict(f"A customer with this {what} exists already.", code="customer_exists")


async def change_customer(
    session: AsyncSession, customer_id: int, fields: Fields, if_match: int | None = None
) -> list[str]:
    """Set the given fields; what changed, in words with old and new value.

    Raises NotFound, Conflict (the PAN is taken, or no contact would remain) and PreconditionFailed (`if_match` is the
    version shown as ETag). Knows no caller: reach is checked before.
    """
    stored = await db.fetch_one(session, _Before, _BEFORE, {"id": customer_id})
    if stored is None:
        raise NotFound(f"There is no customer CUST-{customer_id}.")
    if if_match is not None and if_match != stored.edition:
        raise PreconditionFailed
    before = asdict(stored)
    changed = {name: value for name in CUSTOMER_COLUMNS if name in fields and (value := fields[name]) != before[name]}
    if not changed:
        return []
    if not (changed.get("email", stored.email) or changed.get("phone", stored.phone)):
        raise Invalid("At least an e-mail address or a phone number must remain.", code="no_contact")
    if isinstance(pan := changed.get("pan"), str):
        await _check_code_and_pan(session, stored.client_id, None, pan, but=customer_id)
    sets = [f"{name} = %({name})s" for name in changed]
    sets += [f"{_STAMPS[name]} = null" for name in changed if name in _STAMPS]
    sets.append(corrections.REMEMBER)
    values = values_of(changed, CUSTOMER_COLUMNS)
    values["corrected"] = Jsonb(corrections.filed_values(before, changed, FILED_OF_CUSTOMER))
    await db.execute(
        session, f"update customers set {', '.join(sets)} where id = %(id)s", {**values, "id": customer_id}
    )
    return [describe_change(name, before[name], value) for name, value in changed.items()]


async def change_preferences(session: AsyncSession, customer_id: int, new: PreferencesIn, if_match: int | None) -> None:
    """Set the given parts of a customer's preferences. Raises NotFound and PreconditionFailed."""
    stored = await db.fetch_one(session, _Before, _BEFORE, {"id": customer_id})
    preferences = {**((stored and stored.communication_preferences) or {}), **(new.communication or {})}
    preferences |= {key: part for name, key in PREFERENCE_PARTS.items() if (part := getattr(new, name)) is not None}
    change: dict[str, object] = {"communication_preferences": preferences}
    if new.preferred_language:
        change["preferred_language"] = new.preferred_language
    await change_customer(session, customer_id, change, if_match)
