"""Who takes cases: capacity, working hours (India) and absence of each agent, with their load. Who has no row takes none."""

from dataclasses import dataclass
from datetime import date, time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Forbidden, NotFound, PreconditionFailed
from py360.kit.listing import Listing, containing, ordering
from py360.modules.cases.schemas import AvailabilityIn
from py360.modules.cases.service.status import is_manager
from py360.modules.cases.views import AvailabilityView

_AGENTS: Final = """
select v.user_id as id, a.name, a.email, n.node_name as node, v.capacity, v.work_days, v.works_from, v.works_to, v.absent_from,
  v.absent_to, v.version, (select count(*) from renewal_cases k where k.assigned_to = v.user_id and k.closed_at is null) as open_cases
from agent_availability v
join identity_public_users a on a.id = v.user_id
left join organization_public_homes n on n.user_id = v.user_id
"""
_PERSON: Final = """
select a.client_id, h.path::text as path from identity_public_users a
left join organization_public_homes h on h.user_id = a.id
where a.id = %(id)s and a.client_id = any(%(clients)s) and a.status = 'active'
"""
_BELOW: Final = """
select exists (select from organization_public_node n where n.id = %(node)s and %(path)s::ltree <@ n.path)
"""
_SAVE: Final = """
insert into agent_availability (user_id, client_id, capacity, work_days, works_from, works_to, absent_from, absent_to,
  updated_by, updated_at)
values (%(id)s, %(client)s, %(capacity)s, %(work_days)s, %(works_from)s, %(works_to)s, %(absent_from)s, %(absent_to)s,
  %(by)s, %(now)s)
on conflict (user_id) do update set capacity = excluded.capacity, work_days = excluded.work_days,
  works_from = excluded.works_from, works_to = excluded.works_to, absent_from = excluded.absent_from,
  absent_to = excluded.absent_to, updated_by = excluded.updated_by, updated_at = excluded.updated_at,
  version = agent_availability.version + 1
returning version
"""


@dataclass(frozen=True, slots=True)
class Availability:
    """An agent who takes cases."""

    id: int
    name: str
    email: str
    node: str | None
    capacity: int
    work_days: list[int]
    works_from: time
    works_to: time
    absent_from: date | None
    absent_to: date | None
    version: int
    open_cases: int

    def to_public(self) -> AvailabilityView:
        """The agent as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "node": self.node,
            "capacity": self.capacity,
            "openCases": self.open_cases,
            "workDays": self.work_days,
            "worksFrom": f"{self.works_from:%H:%M}",
            "worksTo": f"{self.works_to:%H:%M}",
            "absentFrom": self.absent_from,
            "absentTo": self.absent_to,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class _Person:
    client_id: int
    path: str | None


def agents(caller: Caller, search: str | None, sort: str | None) -> Listing[Availability]:
    """The agents who take cases: all of the caller's clients for reach `all`, else those at or below the caller's own node."""
    reached = "true"
    params: dict[str, object] = {"clients": list(caller.client_ids), "user": caller.user_id, "node": caller.node_id}
    if caller.reach != "all":
        reached = (
            "(v.user_id = %(user)s or n.path <@ (select o.path from organization_public_node o where o.id = %(node)s))"
        )
    return Listing(
        "agents",
        _AGENTS,
        f"v.client_id = any(%(clients)s) and {reached}"
        " and (%(search)s::text is null or a.name ilike %(search)s or a.email ilike %(search)s)",
        ordering(sort, {"name": "a.name", "capacity": "v.capacity", "openCases": "open_cases"}, "name", "v.user_id"),
        {**params, "search": containing(search)},
        Availability.to_public,
        (
            "id",
            "name",
            "email",
            "node",
            "capacity",
            "openCases",
            "workDays",
            "worksFrom",
            "worksTo",
            "absentFrom",
            "absentTo",
        ),
        row=Availability,
    )


async def set_availability(
    session: AsyncSession, caller: Caller, user_id: int, body: AvailabilityIn, if_match: int | None
) -> int:
    """Set when and how many cases an agent takes; the new version. Agents set their own absence through their manager.

    Raises Forbidden (not a manager), NotFound (no such user within reach) and PreconditionFailed.
    """
    if not is_manager(caller):
        raise Forbidden("Only a manager can say who takes cases.", code="manager_required")
    person = await db.fetch_one(session, _Person, _PERSON, {"id": user_id, "clients": list(caller.client_ids)})
    reached = person is not None and (
        caller.reach == "all"
        or (
            person.path is not None
            and await db.fetch_only(session, bool, _BELOW, {"node": caller.node_id, "path": person.path})
        )
    )
    if person is None or not reached:
        raise NotFound(f"There is no user {user_id} within your reach.", code="user_not_found")
    stored = "select version from agent_availability where user_id = %(id)s for update"
    version = await db.fetch_one(session, int, stored, {"id": user_id}) or 0
    if if_match is not None and if_match != version:
        raise PreconditionFailed
    params = body.model_dump()
    params |= {"id": user_id, "client": person.client_id, "by": caller.user_id, "now": resources.current().clock.now()}
    return await db.fetch_only(session, int, _SAVE, params)
