"""Merging a customer into another of the same client, and undoing it (ADR 103).

The merged customer's policies go to the one that is kept, and what that one lacks is filled in. The rows of other modules follow
the policies (`PoliciesMoved`) or the customer (`CustomersMerged`, `CustomersParted`), and opt-outs of both count for good: those of
the preferences here, consents by `CustomersMerged`.
The merged row stays, and points to the kept one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, events, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound
from py360.kit.free_json import FreeJson
from py360.modules.customers.events import CustomersMerged, CustomersParted, PoliciesMoved
from py360.modules.customers.queries import Customer

_FILLED: Final = ("email", "phone", "date_of_birth", "gender", "pan", "address")
# What is filled in as a whole where the kept one has none: the documents with the status that follows from them, the profile.
KYC: Final = "kyc_documents"
PROFILE: Final = "profile"
# Not `for update`: rows that refer to them may be written meanwhile, whose writers may hold what a merge moves.
_LOCK: Final = f"""
select id, client_id, customer_code, full_name, merged_into, communication_preferences, kyc_documents, kyc_status, {", ".join(_FILLED)}
from customers where id = any(%(ids)s) order by id for no key update
"""
_MOVE: Final = "update policies set customer_id = %(to)s where customer_id = %(from)s returning id"
_NOTE: Final = """
insert into customer_merges (client_id, kept_id, merged_id, policy_ids, filled, reason, merged_by, merged_at)
values (%(client)s, %(kept)s, %(merged)s, %(policies)s, %(filled)s, %(reason)s, %(user)s, %(now)s) returning id
"""
_POINT: Final = (
    "update customers set merged_into = %(to)s, pan = case when %(drop_pan)s then null else pan end where id = %(id)s"
)
# Whoever was merged into the duplicate before points to the kept one now, and back when this is undone.
_REPOINT: Final = "update customers set merged_into = %(to)s where merged_into = %(from)s"
_REPOINT_BACK: Final = """
update customers c set merged_into = m.kept_id from customer_merges m
where m.merged_id = c.id and m.undone_at is null and m.kept_id = %(to)s
"""
_MERGE: Final = """
select id, client_id, kept_id, merged_id, policy_ids, filled, undone_at from customer_merges where id = %(id)s
  and client_id = any(%(clients)s) for update
"""
_MOVE_BACK: Final = """
update policies set customer_id = %(merged)s where id = any(%(policies)s) and customer_id = %(kept)s returning id
"""
_SET_KYC: Final = "update customers set kyc_documents = %(documents)s, kyc_status = %(status)s where id = %(id)s"
_MOVE_PROFILE: Final = """
update customer_profiles p set customer_id = %(to)s where p.customer_id = %(from)s
  and not exists (select from customer_profiles o where o.customer_id = %(to)s)
"""
_SET_PREFERENCES: Final = "update customers set communication_preferences = %(preferences)s where id = %(id)s"
_UNDONE: Final = "update customer_merges set undone_by = %(user)s, undone_at = %(now)s where id = %(id)s"
_NEWER: Final = """
select 1 from customer_merges where undone_at is null and id > %(id)s and (kept_id = %(kept)s or merged_id = %(kept)s)
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A locked customer, with what may be filled in from a duplicate."""

    id: int
    client_id: int
    customer_code: str
    full_name: str
    merged_into: int | None
    communication_preferences: FreeJson | None
    kyc_documents: list[FreeJson] | None
    kyc_status: str
    email: str | None
    phone: str | None
    date_of_birth: date | None
    gender: str | None
    pan: str | None
    address: FreeJson | None

    @property
    def preferences(self) -> FreeJson:
        """What was stated of the channels; false is an opt-out."""
        return self.communication_preferences or {}


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that is undone."""

    id: int
    client_id: int
    kept_id: int
    merged_id: int
    policy_ids: list[int]
    filled: FreeJson
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge or its undoing did."""

    merge_id: int
    kept: Person
    merged: Person
    policies: int
    filled: list[str]


async def merge(
    session: AsyncSession, caller: Caller, kept: Customer, duplicate: Customer, reason: str | None
) -> Merged:
    """Merge a duplicate into the customer that is kept; both are known to be within reach.

    Raises Conflict: the same customer, another client, one that was merged before, or two different PANs.
    """
    people = {each.id: each for each in await db.fetch_all(session, Person, _LOCK, {"ids": [kept.id, duplicate.id]})}
    one, other = people[kept.id], people[duplicate.id]
    _check(one, other)
    filled = {name: getattr(other, name) for name in _FILLED if getattr(one, name) is None and getattr(other, name)}
    policies = await db.fetch_all(session, int, _MOVE, {"to": one.id, "from": other.id})
    await db.execute(session, _POINT, {"to": one.id, "id": other.id, "drop_pan": "pan" in filled})
    await db.execute(session, _REPOINT, {"to": one.id, "from": other.id})
    await _set(session, one.id, filled)
    noted: dict[str, object] = {
        name: str(value) if isinstance(value, date) else value for name, value in filled.items()
    }
    noted |= await _fill_whole(session, one, other)
    await _keep_opt_outs(session, one, other)
    values = {
        "client": one.client_id,
        "kept": one.id,
        "merged": other.id,
        "policies": policies,
        "filled": Jsonb(noted),
        "reason": reason,
        "user": caller.user_id,
        "now": resources.current().clock.now(),
    }
    merge_id = await db.fetch_only(session, int, _NOTE, values)
    await events.publish(session, PoliciesMoved(policies), CustomersMerged(one.client_id, one.id, other.id))
    return Merged(merge_id, one, other, len(policies), sorted(noted))


async def _fill_whole(session: AsyncSession, one: Person, other: Person) -> dict[str, object]:
    """The documents and the profile of the other one, where the first has none; what was filled in."""
    noted: dict[str, object] = {}
    if other.kyc_documents and not one.kyc_documents:
        noted[KYC] = other.kyc_documents
        values = {"documents": Jsonb(other.kyc_documents), "status": other.kyc_status, "id": one.id}
        await db.execute(session, _SET_KYC, values)
    if await db.execute(session, _MOVE_PROFILE, {"to": one.id, "from": other.id}):
        noted[PROFILE] = True
    return noted


async def _take_out_whole(session: AsyncSession, one: Person, other: Person, filled: FreeJson) -> list[str]:
    """Undo `_fill_whole` where it still stands; what was taken out."""
    out = []
    if KYC in filled and one.kyc_documents == filled[KYC]:
        await db.execute(session, _SET_KYC, {"documents": None, "status": "pending", "id": one.id})
        out.append(KYC)
    if PROFILE in filled and await db.execute(session, _MOVE_PROFILE, {"to": other.id, "from": one.id}):
        out.append(PROFILE)
    return out


async def _keep_opt_outs(session: AsyncSession, one: Person, other: Person) -> None:
    """The channels that only the other one opted out of are the first one's opt-outs, too. They stay when the merge is undone: an
    opt-out is never lost (ADR 103)."""
    refused = {channel for channel, choice in other.preferences.items() if choice is False}
    if refused - {channel for channel, choice in one.preferences.items() if choice is False}:
        chosen = one.preferences | dict.fromkeys(sorted(refused), False)
        await db.execute(session, _SET_PREFERENCES, {"preferences": Jsonb(chosen), "id": one.id})


async def undo(session: AsyncSession, caller: Caller, kept: Customer, merge_id: int) -> Merged:
    """Undo a merge into a customer that is known to be within reach: policies go back, what was filled in is taken out where
    it still stands. Raises NotFound, and Conflict when it was undone, or a newer merge has to be undone first."""
    values = {"id": merge_id, "clients": list(caller.client_ids)}
    done = await db.fetch_one(session, Merge, _MERGE, values)
    if done is None or done.kept_id != kept.id:
        raise NotFound(f"{kept.customer_code} has no merge {merge_id}.", code="merge_not_found")
    if done.undone_at is not None:
        raise Conflict("This merge was undone already.", code="merge_undone")
    if await db.fetch_one(session, int, _NEWER, {"id": done.id, "kept": done.kept_id}):
        raise Conflict("A newer merge of this customer has to be undone first.", code="newer_merge")
    ids = [done.kept_id, done.merged_id]
    people = {each.id: each for each in await db.fetch_all(session, Person, _LOCK, {"ids": ids})}
    one, other = people[done.kept_id], people[done.merged_id]
    back: dict[str, object] = {
        name: None for name in _FILLED if name in done.filled and _same(getattr(one, name), done.filled[name])
    }
    await _set(session, one.id, back)
    out = await _take_out_whole(session, one, other, done.filled)
    await db.execute(session, _POINT, {"to": None, "id": other.id, "drop_pan": False})
    if "pan" in back:
        await _set(session, other.id, {"pan": done.filled["pan"]})
    await db.execute(session, _REPOINT_BACK, {"to": other.id})
    moved = {"merged": other.id, "kept": one.id, "policies": done.policy_ids}
    policies = await db.fetch_all(session, int, _MOVE_BACK, moved)
    now = resources.current().clock.now()
    await db.execute(session, _UNDONE, {"id": done.id, "user": caller.user_id, "now": now})
    await events.publish(session, PoliciesMoved(policies), CustomersParted(done.client_id, one.id, other.id))
    return Merged(done.id, one, other, len(policies), sorted([*back, *out]))


def _same(stored: object, filled: object) -> bool:
    return (str(stored) if isinstance(stored, date) else stored) == filled


def _check(one: Person, other: Person) -> None:
    if one.id == other.id:
        raise Conflict("A customer cannot be merged with itself.", code="same_customer")
    if one.client_id != other.client_id:
        raise Conflict("Customers of two clients are never merged.", code="other_client")
    for each in (one, other):
        if each.merged_into is not None:
            raise Conflict(f"{each.customer_code} was merged before.", code="already_merged")
    if one.pan and other.pan and one.pan != other.pan:
        raise Conflict("They have different PANs, so that they are two people.", code="different_pan")


async def _set(session: AsyncSession, customer_id: int, values: Mapping[str, object]) -> None:
    """Set these columns; a contact that changes is not verified any more."""
    if not values:
        return
    sets = [f"{name} = %({name})s" for name in values]
    sets += [f"{name}_verified_at = null" for name in values if name in ("email", "phone", "pan")]
    stored = {
        name: Jsonb(value) if name == "address" and value is not None else value for name, value in values.items()
    }
    await db.execute(
        session, f"update customers set {', '.join(sets)} where id = %(customer)s", {**stored, "customer": customer_id}
    )
