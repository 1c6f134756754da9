"""Adding and changing policies by hand."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import corrections, db
from py360.kit.errors import Conflict, Invalid, NotFound, PreconditionFailed
from py360.kit.free_json import FreeJson
from py360.modules.customers import grace
from py360.modules.customers.columns import (
    ALSO_CALLED,
    CATEGORIES,
    FILED_OF_POLICY,
    POLICY_COLUMNS,
    Fields,
    describe_change,
    values_of,
)
from py360.modules.customers.schemas import PolicyIn
from py360.modules.identity import api as identity

_BEFORE: Final = f"select client_id, version, {', '.join(POLICY_COLUMNS)} from policies where id = %(id)s for update"

_BRANCH: Final = (
    "select 1 from organization_public_branch where id = %(id)s and client_id = %(client)s and status = 'active'"
)


@dataclass(frozen=True, slots=True)
class _Before:
    """A policy before a change."""

    client_id: int
    version: int
    policy_type: str
    product_name: str | None
    product_category: str | None
    premium_amount: Decimal
    sum_insured: Decimal | None
    start_date: date
    end_date: date
    renewal_date: date | None
    payment_frequency: str
    status: str
    grace_period_days: int
    coverage_details: FreeJson | None
    auto_renewal: bool
    agent_id: int | None
    branch_id: int | None
    proposer: FreeJson | None
    life_assured: FreeJson | None
    channel_details: FreeJson | None


async def create_policy(session: AsyncSession, client_id: int, customer_id: int, new: PolicyIn) -> int:
    """Add a policy by hand; its key. Raises Conflict when the client has the policy number already."""
    number = new.policy_number
    taken = "select 1 from policies where client_id = %(client)s and policy_number = %(number)s"
    if await db.fetch_one(session, int, taken, {"client": client_id, "number": number}):
        raise Conflict(f"There is a policy {number} already.", code="policy_exists")
    _check_dates(new.start_date, new.end_date)
    await _check_place(session, client_id, new.agent_id, new.branch_id)
    values = values_of(await _with_type(session, new.given()), POLICY_COLUMNS)
    values |= {"client_id": client_id, "customer_id": customer_id, "policy_number": number}
    values["renewal_date"] = new.renewal_date or new.end_date
    values["grace_is_own"] = "grace_period_days" in values
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    sql = f"insert into policies ({names}) values ({places}) returning id"
    policy_id = await db.fetch_only(session, int, sql, values)
    await grace.apply(session, policy_id)
    return policy_id


async def change_policy(
    session: AsyncSession, policy_id: int, fields: Fields, if_match: int | None = None
) -> list[str]:
    """Set the given fields; what changed, in words. Raises NotFound, Invalid and PreconditionFailed. Knows no caller."""
    stored = await db.fetch_one(session, _Before, _BEFORE, {"id": policy_id})
    if stored is None:
        raise NotFound(f"There is no policy {policy_id}.")
    if if_match is not None and if_match != stored.version:
        raise PreconditionFailed
    before = asdict(stored)
    fields = await _with_type(session, fields, stored.policy_type)
    changed = {name: value for name in POLICY_COLUMNS if name in fields and (value := fields[name]) != before[name]}
    if not changed:
        return []
    after = {**before, **changed}
    _check_dates(after["start_date"], after["end_date"])
    await _check_place(session, stored.client_id, changed.get("agent_id"), changed.get("branch_id"))
    own_grace = ["grace_is_own = true"] if "grace_period_days" in changed else []
    sets = ", ".join([*(f"{name} = %({name})s" for name in changed), *own_grace, corrections.REMEMBER])
    values = values_of(changed, POLICY_COLUMNS)
    values["corrected"] = Jsonb(corrections.filed_values(before, changed, FILED_OF_POLICY))
    await db.execute(
        session, f"update policies set {sets}, version = version + 1 where id = %(id)s", {**values, "id": policy_id}
    )
    await grace.apply(session, policy_id)
    return [describe_change(name, before[name], value) for name, value in changed.items()]


def _check_dates(start: date, end: date) -> None:
    if end <= start:
        raise Invalid(
            "A policy ends after it starts.",
            code="dates_reversed",
            details=[{"field": "endDate", "message": "must be after startDate"}],
        )


async def _check_place(session: AsyncSession, client_id: int, agent_id: object, branch_id: object) -> None:
    """Raise Invalid unless the agent is an active user and the branch an active branch of the client."""
    if isinstance(agent_id, int):
        person = (await identity.people(session, [agent_id])).get(agent_id)
        if person is None or person.client_id != client_id or person.status != "active":
            message = "is no active user of this client"
            raise Invalid(
                f"agentId {message}.", code="unknown_agent", details=[{"field": "agentId", "message": message}]
            )
    if isinstance(branch_id, int) and not await db.fetch_one(
        session, int, _BRANCH, {"id": branch_id, "client": client_id}
    ):
        message = "is no active branch of this client"
        raise Invalid(
            f"branchId {message}.", code="unknown_branch", details=[{"field": "branchId", "message": message}]
        )


async def _type_of(session: AsyncSession, text: str) -> str:
    """A policy type as it is stored: motor for Motor, Auto and Vehicle. Raises Invalid for an unknown one."""
    names = await db.fetch_all(session, str, "select name from policy_types where is_active order by name")
    wanted = text.strip().lower()
    wanted = ALSO_CALLED.get(wanted, wanted)
    found = next((name for name in names if name.lower() == wanted), None)
    if found is None:
        raise Invalid(
            f"“{text}” is not a policy type.",
            code="unknown_policy_type",
            details=[{"field": "policyType", "message": "one of " + ", ".join(names)}],
        )
    return found


async def _with_type(session: AsyncSession, fields: Fields, before: str = "") -> Fields:
    """The fields with their policy type as it is stored; a new type brings its category unless one is given."""
    text = fields.get("policy_type")
    if not isinstance(text, str) or not text or text == before:
        return dict(fields)
    kind = await _type_of(session, text)
    known = dict(fields) | {"policy_type": kind}
    if kind != before and kind in CATEGORIES:
        known.setdefault("product_category", CATEGORIES[kind])
    return known
