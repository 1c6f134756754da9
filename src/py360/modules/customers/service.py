"""Changing customers and policies by hand."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed

CUSTOMER_COLUMNS: Final = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "date_of_birth",
    "gender",
    "pan",
    "address",
    "customer_profile",
    "preferred_language",
    "communication_preferences",
)
POLICY_COLUMNS: Final = (
    "policy_type",
    "product_name",
    "product_category",
    "premium_amount",
    "sum_insured",
    "start_date",
    "end_date",
    "renewal_date",
    "payment_frequency",
    "status",
    "grace_period_days",
    "coverage_details",
    "auto_renewal",
)
# What files say of a customer and of a policy, with its type: corrections of these are remembered.
FILED_OF_CUSTOMER: Final = {"email": "text", "phone": "text"}
FILED_OF_POLICY: Final = {
    "policy_type": "text", "product_name": "text", "premium_amount": "numeric", "sum_insured": "numeric",
    "start_date": "date", "end_date": "date", "renewal_date": "date", "payment_frequency": "text",
}  # fmt: skip
CATEGORIES: Final = {
    "motor": "Motor", "home": "Property", "life": "Life", "health": "Health", "travel": "Travel", "commercial": "Commercial",
}  # fmt: skip
_ALSO_CALLED: Final = {"auto": "motor", "vehicle": "motor", "property": "home", "business": "commercial"}
_JSON: Final = frozenset({"address", "communication_preferences", "coverage_details"})
# A contact that changed is not verified any more.
_STAMPS: Final = {"email": "email_verified_at", "phone": "phone_verified_at", "pan": "pan_verified_at"}


def _values(fields: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    """The columns among the fields, as the driver takes them."""
    chosen = {name: fields[name] for name in columns if name in fields}
    return {name: Jsonb(value) if name in _JSON and value is not None else value for name, value in chosen.items()}


async def create_customer(session: AsyncSession, client_id: int, fields: Mapping[str, Any]) -> int:
    """A new customer of a client; the number. Raises Conflict when the code or the PAN is taken."""
    values = _values(fields, CUSTOMER_COLUMNS)
    code = fields.get("customer_code")
    await _code_and_pan_free(session, client_id, code, values.get("pan"))
    number: int = await db.value(session, "select nextval('customers_id_seq')")
    values |= {"id": number, "client_id": client_id, "customer_code": code or f"CUST-{number}"}
    values.setdefault("last_name", "")
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    await db.execute(session, f"insert into customers ({names}) values ({places})", values)
    return number


async def _code_and_pan_free(
    session: AsyncSession, client_id: int, code: str | None, pan: str | None, but: int = 0
) -> None:
    taken = await db.one(
        session,
        "select customer_code, customer_code = %(code)s as by_code from customers"
        " where client_id = %(client)s and (customer_code = %(code)s or pan = %(pan)s) and id <> %(but)s limit 1",
        {"code": code, "pan": pan, "client": client_id, "but": but},
    )
    if taken:
        what = "customer code" if taken["by_code"] else "PAN"
        raise Conflict(f"A customer with this {what} exists already.", code="customer_exists")


async def change_customer(
    session: AsyncSession, customer_id: int, fields: Mapping[str, Any], if_match: int | None = None
) -> list[str]:
    """Set the given fields; what changed, in words with old and new value.

    Raises NotFound, Conflict (the PAN is taken, or no contact would remain) and PreconditionFailed (`if_match` is the
    version shown as ETag). Knows no caller: reach is checked before.
    """
    before = await db.one(
        session,
        "select *, (extract(epoch from updated_at) * 1000000)::bigint as edition from customers where id = %(id)s for update",
        {"id": customer_id},
    )
    if before is None:
        raise NotFound(f"There is no customer CUST-{customer_id}.")
    if if_match is not None and if_match != before["edition"]:
        raise PreconditionFailed
    changed = {name: value for name in CUSTOMER_COLUMNS if name in fields and (value := fields[name]) != before[name]}
    if not changed:
        return []
    if not (changed.get("email", before["email"]) or changed.get("phone", before["phone"])):
        raise Invalid("At least an e-mail address or a phone number must remain.", code="no_contact")
    if changed.get("pan"):
        await _code_and_pan_free(session, before["client_id"], None, changed["pan"], but=customer_id)
    sets = [f"{name} = %({name})s" for name in changed] + [
        f"{_STAMPS[name]} = null" for name in changed if name in _STAMPS
    ]
    sets.append(corrections.REMEMBER)
    values = _values(changed, CUSTOMER_COLUMNS)
    values["corrected"] = Jsonb(corrections.said_before(before, changed, FILED_OF_CUSTOMER))
    await db.execute(
        session, f"update customers set {', '.join(sets)} where id = %(id)s", {**values, "id": customer_id}
    )
    return [_told(name, before[name], value) for name, value in changed.items()]


def _told(name: str, old: Any, new: Any) -> str:
    return (
        f"{name.replace('_', ' ')}: {old if old not in (None, '') else '—'} → {new if new not in (None, '') else '—'}"
    )


async def create_policy(session: AsyncSession, client_id: int, customer_id: int, fields: Mapping[str, Any]) -> int:
    """A policy entered by hand; its number in our books. Raises Conflict when the policy number is taken."""
    number = fields["policy_number"]
    taken = "select 1 from policies where client_id = %(client)s and policy_number = %(number)s"
    if await db.value(session, taken, {"client": client_id, "number": number}):
        raise Conflict(f"There is a policy {number} already.", code="policy_exists")
    fields = await _with_kind(session, fields)
    values = _values(fields, POLICY_COLUMNS)
    _ordered(values["start_date"], values["end_date"])
    values |= {"client_id": client_id, "customer_id": customer_id, "policy_number": number}
    values["renewal_date"] = values.get("renewal_date") or values["end_date"]
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    made: int = await db.value(session, f"insert into policies ({names}) values ({places}) returning id", values)
    return made


async def change_policy(
    session: AsyncSession, policy_id: int, fields: Mapping[str, Any], if_match: int | None = None
) -> list[str]:
    """Set the given fields; what changed, in words. Raises NotFound, Invalid and PreconditionFailed. Knows no caller."""
    before = await db.one(session, "select * from policies where id = %(id)s for update", {"id": policy_id})
    if before is None:
        raise NotFound(f"There is no policy {policy_id}.")
    if if_match is not None and if_match != before["version"]:
        raise PreconditionFailed
    fields = await _with_kind(session, fields, before["policy_type"])
    changed: dict[str, Any] = {
        name: value for name in POLICY_COLUMNS if name in fields and (value := fields[name]) != before[name]
    }
    if not changed:
        return []
    after = {**before, **changed}
    _ordered(after["start_date"], after["end_date"])
    sets = ", ".join([*(f"{name} = %({name})s" for name in changed), corrections.REMEMBER])
    values = _values(changed, POLICY_COLUMNS)
    values["corrected"] = Jsonb(corrections.said_before(before, changed, FILED_OF_POLICY))
    await db.execute(
        session, f"update policies set {sets}, version = version + 1 where id = %(id)s", {**values, "id": policy_id}
    )
    return [_told(name, before[name], value) for name, value in changed.items()]


def _ordered(start: date, end: date) -> None:
    if end <= start:
        raise Invalid(
            "A policy ends after it starts.",
            code="dates_reversed",
            details=[{"field": "endDate", "message": "must be after startDate"}],
        )


async def _kind(session: AsyncSession, text: str) -> str:
    """A kind of policy as we keep it: motor, whether Motor, Auto or Vehicle was said. Raises Invalid for none of ours."""
    rows = await db.all(session, "select name from policy_types where is_active order by name")
    wanted = text.strip().lower()
    wanted = _ALSO_CALLED.get(wanted, wanted)
    found = next((str(row["name"]) for row in rows if row["name"].lower() == wanted), None)
    if found is None:
        raise Invalid(
            f"“{text}” is no kind of policy.",
            code="unknown_policy_type",
            details=[{"field": "policyType", "message": "one of " + ", ".join(row["name"] for row in rows)}],
        )
    return found


async def _with_kind(session: AsyncSession, fields: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """The fields with their kind of policy as we keep it; a new kind brings its category unless one is given."""
    told = fields.get("policy_type")
    if not told or told == before:
        return dict(fields)
    kind = await _kind(session, told)
    known = dict(fields) | {"policy_type": kind}
    if kind != before and kind in CATEGORIES:
        known.setdefault("product_category", CATEGORIES[kind])
    return known


_PARTS: Final = {"renewal_timeline": "renewalTimeline", "payment": "payment", "language": "language"}


def shown_preferences(row: Mapping[str, Any]) -> dict[str, Any]:
    """The preferences of the wire, out of the stored object: channels beside the three other parts."""
    stored: dict[str, Any] = dict(row["communication_preferences"] or {})
    parts = {name: stored.pop(name, None) for name in _PARTS.values()}
    words = {True: "Accepted", False: "Opted Out"}
    communication = {
        channel: words[said] if isinstance(said, bool) else said
        for channel, said in stored.items()
        if channel != "call"
    }
    return {"communication": communication, **parts, "preferredLanguage": row["preferred_language"]}


async def change_preferences(
    session: AsyncSession, customer_id: int, fields: Mapping[str, Any], if_match: int | None
) -> None:
    """Set the given parts of a customer's preferences. Raises NotFound and PreconditionFailed."""
    row = await db.one(
        session, "select communication_preferences from customers where id = %(id)s for update", {"id": customer_id}
    )
    stored: dict[str, Any] = dict((row and row["communication_preferences"]) or {})
    stored |= fields.get("communication") or {}
    stored |= {shown: fields[name] for name, shown in _PARTS.items() if fields.get(name) is not None}
    change: dict[str, Any] = {"communication_preferences": stored}
    if fields.get("preferred_language"):
        change["preferred_language"] = fields["preferred_language"]
    await change_customer(session, customer_id, change, if_match)
