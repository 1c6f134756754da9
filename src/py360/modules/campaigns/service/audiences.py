"""Audiences: kept filters over the open cases (domain reference, 12.7).

An audience is a definition, not a list of people: who is in it is found when somebody looks or a campaign is made, within
their reach.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound, PreconditionFailed
from py360.kit.ids import code
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.campaigns.schemas import AudienceFilter, AudienceIn, StoredAudience
from py360.modules.campaigns.service.plan import Audience as Wanted
from py360.modules.campaigns.service.plan import predicate
from py360.modules.campaigns.views import AudienceContactView, AudienceDetailView, AudienceView
from py360.modules.cases import api as cases

NAME_MAX: Final = 120
_SELECT: Final = """
select a.id, a.client_id, a.name, a.description, a.segments, a.filter, a.version, a.created_at, a.updated_at,
  coalesce(u.name, '') as creator
from audiences a left join identity_public_users u on u.id = a.created_by
"""
_INSERT: Final = """
insert into audiences (client_id, name, description, segments, filter, created_by)
values (%(client)s, %(name)s, %(description)s, %(segments)s, %(filter)s, %(user)s) returning id
"""
_UPDATE: Final = """
update audiences set name = %(name)s, description = %(description)s, segments = %(segments)s, filter = %(filter)s,
  version = version + 1 where id = %(id)s returning version
"""
_COPY: Final = """
insert into audiences (client_id, name, description, segments, filter, created_by)
select a.client_id, left(a.name, 110) || ' (Copy' || case when n.taken = 0 then ')' else ' ' || n.taken + 1 || ')' end,
  a.description, a.segments, a.filter, %(user)s
from audiences a cross join lateral (
  select count(*) as taken from audiences o where o.client_id = a.client_id and o.name like left(a.name, 110) || ' (Copy%%'
) n where a.id = %(id)s returning id
"""
_FOUND: Final = "cases_public_case c join customers_public_contact k on k.id = c.customer_id"
_SIZE: Final = (
    "select count(*) as cases, count(distinct c.customer_id) as customers from cases_public_case c where {where}"
)
_CONTACTS: Final = f"""
select c.id, c.case_number, k.customer_code, k.full_name, k.email, k.phone, k.preferred_language, c.policy_number, c.policy_type,
  c.due_date, c.status from {_FOUND}
"""


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """A kept audience."""

    id: int
    client_id: int
    name: str
    description: str
    segments: list[str]
    filter: StoredAudience
    version: int
    created_at: datetime
    updated_at: datetime
    creator: str

    def to_public(self) -> AudienceView:
        """The audience of the wire, without its size."""
        return {
            "id": code("audience", self.id),
            "clientId": self.client_id,
            "name": self.name,
            "description": self.description,
            "segments": self.segments,
            "filter": self.filter,
            "version": self.version,
            "createdAt": self.created_at,
            "lastUpdated": self.updated_at,
            "createdBy": self.creator,
        }


@dataclass(frozen=True, slots=True)
class Size:
    """How many open cases an audience finds within reach, and of how many customers."""

    cases: int
    customers: int


@dataclass(frozen=True, slots=True)
class Contact:
    """A case of the audience and its customer."""

    id: int
    case_number: str
    customer_code: str
    full_name: str
    email: str | None
    phone: str | None
    preferred_language: str
    policy_number: str
    policy_type: str
    due_date: date
    status: str

    def to_public(self) -> AudienceContactView:
        """The contact of the wire."""
        return {
            "caseId": self.case_number,
            "customerId": self.customer_code,
            "name": self.full_name,
            "email": self.email,
            "phone": self.phone,
            "preferredLanguage": self.preferred_language,
            "policyNumber": self.policy_number,
            "policyType": self.policy_type,
            "dueDate": self.due_date,
            "status": cases.LABELS[self.status],
        }


def audiences(caller: Caller, search: str | None, sort: str | None) -> Listing[AudienceRow]:
    """The audiences of the caller's clients, by name."""
    return Listing(
        "audiences",
        _SELECT,
        "a.client_id = any(%(clients)s) and (%(search)s::text is null or a.name ilike %(search)s or a.description ilike %(search)s)",
        ordering(sort, {"name": "lower(a.name)", "lastUpdated": "a.updated_at", "createdAt": "a.id"}, "name", "a.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        AudienceRow.to_public,
        ("id", "name", "description", "segments", "createdBy", "createdAt", "lastUpdated"),
        row=AudienceRow,
    )


async def one(reads: Reads, caller: Caller, audience_id: int) -> AudienceRow:
    """An audience of the caller's clients; raises NotFound."""
    params = {"id": audience_id, "clients": list(caller.client_ids)}
    found = await reads.fetch_one(
        AudienceRow, f"{_SELECT} where a.id = %(id)s and a.client_id = any(%(clients)s)", params
    )
    if found is None:
        raise not_found(audience_id)
    return found


async def detail(reads: Reads, caller: Caller, audience_id: int, today: date) -> AudienceDetailView:
    """An audience with its size within the caller's reach."""
    found = await one(reads, caller, audience_id)
    where, params = predicate(caller, found.client_id, _wanted(found.filter, today))
    size = await reads.fetch_only(Size, _SIZE.format(where=where), params)
    return {**found.to_public(), "size": size.cases, "customers": size.customers}


async def contacts(
    reads: Reads, caller: Caller, audience_id: int, today: date, search: str | None, sort: str | None
) -> Listing[Contact]:
    """Who is in an audience today, within the caller's reach; raises NotFound."""
    found = await one(reads, caller, audience_id)
    where, params = predicate(caller, found.client_id, _wanted(found.filter, today))
    known = {"name": "lower(k.full_name)", "dueDate": "c.due_date", "caseId": "c.id"}
    return Listing(
        "contacts",
        _CONTACTS,
        f"{where} and (%(search)s::text is null or k.full_name ilike %(search)s or c.policy_number ilike %(search)s)",
        ordering(sort, known, "caseId", "c.id"),
        {**params, "search": containing(search)},
        Contact.to_public,
        (
            "caseId",
            "customerId",
            "name",
            "email",
            "phone",
            "preferredLanguage",
            "policyNumber",
            "policyType",
            "dueDate",
            "status",
        ),
        row=Contact,
        file_name=f"audience_{audience_id}",
        counted=_FOUND,
    )


def _wanted(stored: StoredAudience, today: date) -> Wanted:
    return Wanted(None, AudienceFilter.model_validate(stored), today, unpaid_only=False)


async def filter_of(session: AsyncSession, caller: Caller, audience_id: int) -> AudienceFilter:
    """The filter of an audience of the caller's client, for a campaign; raises NotFound."""
    sql = "select filter from audiences where id = %(id)s and client_id = %(client)s"
    found = await db.fetch_all(session, _Filter, sql, {"id": audience_id, "client": caller.client_id})
    if not found:
        raise not_found(audience_id)
    return AudienceFilter.model_validate(found[0].filter)


@dataclass(frozen=True, slots=True)
class _Filter:
    filter: StoredAudience


async def add(session: AsyncSession, caller: Caller, asked: AudienceIn) -> int:
    """Keep an audience; its number. Raises Conflict for a name that is taken, Invalid for an unknown status."""
    params = {**_values(asked), "client": caller.client_id, "user": caller.user_id}
    try:
        async with session.begin_nested():
            return await db.fetch_only(session, int, _INSERT, params)
    except db.CLASH as error:
        raise _taken(asked.name) from error


async def change(
    session: AsyncSession, caller: Caller, audience_id: int, asked: AudienceIn, version: int | None
) -> int:
    """Change an audience; its new version. Campaigns that were made from it keep their recipients.

    Raises NotFound, PreconditionFailed, Conflict and Invalid.
    """
    known = await _lock(session, caller, audience_id)
    if version is not None and version != known:
        raise PreconditionFailed
    try:
        async with session.begin_nested():
            return await db.fetch_only(session, int, _UPDATE, {**_values(asked), "id": audience_id})
    except db.CLASH as error:
        raise _taken(asked.name) from error


async def delete(session: AsyncSession, caller: Caller, audience_id: int) -> None:
    """Delete an audience; campaigns keep the filter they were made with. Raises NotFound."""
    await _lock(session, caller, audience_id)
    await db.execute(session, "delete from audiences where id = %(id)s", {"id": audience_id})


async def duplicate(session: AsyncSession, caller: Caller, audience_id: int) -> int:
    """A copy under “name (Copy)”; its number. Raises NotFound."""
    await _lock(session, caller, audience_id)
    return await db.fetch_only(session, int, _COPY, {"id": audience_id, "user": caller.user_id})


async def _lock(session: AsyncSession, caller: Caller, audience_id: int) -> int:
    """Lock an audience of the caller's clients; its version."""
    sql = "select version from audiences where id = %(id)s and client_id = any(%(clients)s) for update"
    found = await db.fetch_one(session, int, sql, {"id": audience_id, "clients": list(caller.client_ids)})
    if found is None:
        raise not_found(audience_id)
    return found


def _values(asked: AudienceIn) -> dict[str, object]:
    statuses = [cases.status_code(status) for status in asked.filter.statuses]
    wanted = asked.filter.model_copy(update={"statuses": statuses})
    return {
        "name": asked.name,
        "description": asked.description,
        "segments": list(dict.fromkeys(asked.segments)),
        "filter": Jsonb(wanted.model_dump(mode="json", by_alias=True)),
    }


def not_found(audience_id: int) -> NotFound:
    """The answer about an audience that is none of the caller's clients'."""
    return NotFound(f"There is no audience {code('audience', audience_id)}.")


def _taken(name: str) -> Conflict:
    return Conflict(
        f"There is an audience called “{name}” already.",
        code="name_taken",
        details=[{"field": "name", "message": "another name"}],
    )
