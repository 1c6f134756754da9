"""The list of customers who may be the same person, and the officer's decision that two are not."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller, Predicate
from py360.kit.errors import Conflict, NotFound
from py360.kit.listing import Listing, containing, heading, ordering
from py360.modules.customers.duplicates.views import PairSide, PairView
from py360.modules.customers.queries import customers_within

Reason = Literal["pan", "phone", "email", "dateOfBirth", "pincode", "name"]
State = Literal["open", "dismissed"]
_SIDE: Final = """
{side}.customer_code as {name}_code, {side}.full_name as {name}_name, {side}.email as {name}_email, {side}.phone as {name}_phone,
{side}.date_of_birth as {name}_birth,
(select count(*)::integer from policies p where p.customer_id = {side}.id) as {name}_policies
"""
_TABLES: Final = (
    "customer_duplicates d join customers c on c.id = d.customer_id join customers o on o.id = d.other_id"
    " left join identity_public_users u on u.id = d.dismissed_by"
)
_PAIRS: Final = f"""
select d.id, d.reasons, d.score, d.found_at, d.dismissed_at, d.dismiss_reason, u.name as dismissed_by,
  {_SIDE.format(side="c", name="one")}, {_SIDE.format(side="o", name="other")}
from {_TABLES}
"""
_SORTS: Final = {"id": "d.id", "score": "d.score"}
_LOCK: Final = """
select d.id, d.dismissed_at from customer_duplicates d join customers c on c.id = d.customer_id join customers o on o.id = d.other_id
where d.id = %(id)s and {within} for update of d
"""
_DISMISS: Final = """
update customer_duplicates set dismissed_at = %(now)s, dismissed_by = %(user)s, dismiss_reason = %(reason)s where id = %(id)s
"""
_REOPEN: Final = """
update customer_duplicates set dismissed_at = null, dismissed_by = null, dismiss_reason = null where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two customers who may be the same person."""

    id: int
    reasons: list[str]
    score: int
    found_at: datetime
    dismissed_at: datetime | None
    dismiss_reason: str | None
    dismissed_by: str | None
    one_code: str
    one_name: str
    one_email: str | None
    one_phone: str | None
    one_birth: date | None
    one_policies: int
    other_code: str
    other_name: str
    other_email: str | None
    other_phone: str | None
    other_birth: date | None
    other_policies: int

    def to_public(self) -> PairView:
        """The pair as the API answers it."""
        one: PairSide = {
            "id": self.one_code, "name": self.one_name, "email": self.one_email, "phone": self.one_phone,
            "dateOfBirth": self.one_birth, "policies": self.one_policies,
        }  # fmt: skip
        other: PairSide = {
            "id": self.other_code, "name": self.other_name, "email": self.other_email, "phone": self.other_phone,
            "dateOfBirth": self.other_birth, "policies": self.other_policies,
        }  # fmt: skip
        return {
            "id": self.id,
            "status": "open" if self.dismissed_at is None else "dismissed",
            "score": self.score,
            "reasons": self.reasons,
            "customer": one,
            "other": other,
            "foundAt": self.found_at,
            "dismissedAt": self.dismissed_at,
            "dismissedBy": self.dismissed_by,
            "dismissReason": self.dismiss_reason,
        }


@dataclass(frozen=True, slots=True)
class PairFilter:
    """Which pairs: `search` is a piece of either name, or a whole code."""

    status: State = "open"
    reason: Reason | None = None
    min_score: int | None = None
    search: str | None = None

    def where(self, caller: Caller) -> Predicate:
        """The predicate on `_TABLES`: neither is merged, and both are within the caller's reach."""
        where, params = _within(caller)
        where += f" and d.dismissed_at is {'null' if self.status == 'open' else 'not null'}"
        for condition, name, value in (
            ("%(reason)s = any(d.reasons)", "reason", self.reason),
            ("d.score >= %(least)s", "least", self.min_score),
            (
                "(lower(c.full_name) like %(like)s or lower(o.full_name) like %(like)s"
                " or %(text)s in (c.customer_code, o.customer_code))",
                "like",
                containing(self.search and self.search.lower()),
            ),
        ):
            if value is not None:
                where += f" and {condition}"
                params[name] = value
        return where, params | {"text": (self.search or "").strip()}


def _within(caller: Caller) -> Predicate:
    one, params = customers_within(caller)
    other, _ = customers_within(caller, "o")
    clients = "d.client_id = any(%(reach_clients)s)"
    return f"{clients} and c.merged_into is null and o.merged_into is null and {one} and {other}", params


def pairs(caller: Caller, chosen: PairFilter, sort: str | None) -> Listing[Pair]:
    """Pairs of which both customers are within reach, in the order in which they were found."""
    where, params = chosen.where(caller)
    return Listing(
        "duplicates",
        _PAIRS,
        where,
        ordering(sort, _SORTS, "id", "d.id"),
        params,
        Pair.to_public,
        (
            "id", "status", "score", "reasons", "customer.id", "customer.name", "customer.phone", "customer.email", "other.id",
            "other.name", "other.phone", "other.email", "foundAt", "dismissedAt", "dismissedBy", "dismissReason",
        ),
        counted=_TABLES,
        walked="d.id",
        headings={
            f"{side}.{field}": f"{name} {heading(field)}"
            for side, name in (("customer", "Customer"), ("other", "Other"))
            for field in ("id", "name", "phone", "email")
        },
        row=Pair,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Locked:
    id: int
    dismissed_at: datetime | None


async def _lock(session: AsyncSession, caller: Caller, number: int) -> _Locked:
    within, params = _within(caller)
    found = await db.fetch_one(session, _Locked, _LOCK.format(within=within), {**params, "id": number})
    if found is None:
        raise NotFound(f"There is no pair {number} of duplicates within your reach.", code="duplicate_not_found")
    return found


async def dismiss(session: AsyncSession, caller: Caller, number: int, reason: str | None) -> None:
    """Note that two customers are two people; the scan does not bring them back. Raises NotFound, and Conflict when it was noted."""
    if (await _lock(session, caller, number)).dismissed_at is not None:
        raise Conflict("They were marked as two people already.", code="duplicate_dismissed")
    now = resources.current().clock.now()
    values = {"id": number, "now": now, "user": caller.user_id, "reason": reason}
    await db.execute(session, _DISMISS, values)


async def reopen(session: AsyncSession, caller: Caller, number: int) -> None:
    """Take the officer's word back: the pair is to be looked at again. Raises NotFound, and Conflict when it is open."""
    if (await _lock(session, caller, number)).dismissed_at is None:
        raise Conflict("These two are still to be looked at.", code="duplicate_open")
    await db.execute(session, _REOPEN, {"id": number})
