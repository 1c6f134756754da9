"""The metrics that users keep: their own, and those that others of the client share."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Forbidden, NotFound, PreconditionFailed
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.analytics.filters import Filters, scope_of
from py360.modules.analytics.metrics import catalogue
from py360.modules.analytics.metrics.schemas import MetricIn, StoredFilters
from py360.modules.analytics.metrics.views import MetricView

MOST: Final = 200  # of one user
_SELECT: Final = """
select m.id, m.client_id, m.owner_id, coalesce(u.name, '') as owner, m.name, m.description, m.chart, m.measure, m.grouping, m.filters,
  m.is_shared, m.version, m.created_at, m.updated_at, m.owner_id is not distinct from %(user)s as is_own
from dashboard_metrics m left join identity_public_users u on u.id = m.owner_id
"""
_SEEN: Final = "m.client_id = any(%(clients)s) and (m.is_shared or m.owner_id = %(user)s)"
_INSERT: Final = """
insert into dashboard_metrics (client_id, owner_id, name, description, chart, measure, grouping, filters, is_shared)
values (%(client)s, %(user)s, %(name)s, %(description)s, %(chart)s, %(measure)s, %(grouping)s, %(filters)s, %(is_shared)s)
returning id
"""
_UPDATE: Final = """
update dashboard_metrics set name = %(name)s, description = %(description)s, chart = %(chart)s, measure = %(measure)s,
  grouping = %(grouping)s, filters = %(filters)s, is_shared = %(is_shared)s, version = version + 1
where id = %(id)s returning version
"""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its owner."""

    id: int
    client_id: int
    owner_id: int | None
    owner: str
    name: str
    description: str
    chart: str
    measure: str
    grouping: str
    filters: StoredFilters
    is_shared: bool
    version: int
    created_at: datetime
    updated_at: datetime
    is_own: bool

    def to_public(self) -> MetricView:
        """The metric as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "chart": self.chart,
            "measure": self.measure,
            "measureTitle": catalogue.measure(self.measure).title,
            "unit": catalogue.measure(self.measure).unit,
            "grouping": self.grouping,
            "groupingTitle": catalogue.grouping(self.grouping).title,
            "filters": self.filters,
            "isShared": self.is_shared,
            "isOwn": self.is_own,
            "owner": self.owner,
            "version": self.version,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def _params(caller: Caller) -> dict[str, object]:
    return {"clients": list(caller.client_ids), "user": caller.user_id}


def metrics(caller: Caller, search: str | None, sort: str | None) -> Listing[Metric]:
    """The metrics that a caller sees, by name."""
    return Listing(
        "metrics",
        _SELECT,
        f"{_SEEN} and (%(search)s::text is null or m.name ilike %(search)s or m.description ilike %(search)s)",
        ordering(sort, {"name": "lower(m.name)", "createdAt": "m.created_at"}, "name", "m.id"),
        {**_params(caller), "search": containing(search)},
        Metric.to_public,
        ("id", "name", "description", "measureTitle", "groupingTitle", "chart", "isShared", "owner", "updatedAt"),
        row=Metric,
    )


async def one(reads: Reads, caller: Caller, metric_id: int) -> Metric:
    """A metric that the caller sees; raises NotFound."""
    found = await reads.fetch_one(
        Metric, f"{_SELECT} where m.id = %(id)s and {_SEEN}", {**_params(caller), "id": metric_id}
    )
    if found is None:
        raise _not_found(metric_id)
    return found


async def add(session: AsyncSession, caller: Caller, asked: MetricIn, today: date) -> int:
    """Keep a metric; its number. Raises Invalid for what is not in the catalogue, Conflict for a name of theirs that is taken."""
    values = _values(asked, today)
    own = "select count(*) from dashboard_metrics where owner_id = %(user)s"
    if await db.fetch_only(session, int, own, _params(caller)) >= MOST:
        raise Conflict(f"You keep {MOST} metrics already. Delete one first.", code="too_many_metrics")
    try:
        async with session.begin_nested():
            return await db.fetch_only(
                session, int, _INSERT, {**values, "client": caller.client_id, "user": caller.user_id}
            )
    except db.CLASH as error:
        raise _taken(asked.name) from error


async def change(
    session: AsyncSession, caller: Caller, metric_id: int, asked: MetricIn, today: date, version: int | None
) -> int:
    """Change one's own metric; its new version. Raises NotFound, Forbidden for another's, PreconditionFailed, Conflict, Invalid."""
    old = await _own(session, caller, metric_id)
    if version is not None and version != old.version:
        raise PreconditionFailed
    try:
        async with session.begin_nested():
            return await db.fetch_only(session, int, _UPDATE, {**_values(asked, today), "id": metric_id})
    except db.CLASH as error:
        raise _taken(asked.name) from error


async def delete(session: AsyncSession, caller: Caller, metric_id: int) -> str:
    """Delete one's own metric; its name. Raises NotFound, and Forbidden for another's."""
    old = await _own(session, caller, metric_id)
    await db.execute(session, "delete from dashboard_metrics where id = %(id)s", {"id": metric_id})
    return old.name


async def _own(session: AsyncSession, caller: Caller, metric_id: int) -> Metric:
    sql = f"{_SELECT} where m.id = %(id)s and {_SEEN} for update of m"
    found = await db.fetch_one(session, Metric, sql, {**_params(caller), "id": metric_id})
    if found is None:
        raise _not_found(metric_id)
    if not found.is_own:
        raise Forbidden(
            f"“{found.name}” is {found.owner or 'another user'}'s. Save it under a name of your own to change it."
        )
    return found


def _values(asked: MetricIn, today: date) -> dict[str, object]:
    catalogue.check(asked.measure, asked.grouping)
    scope_of(asked.filters, today)
    return {
        "name": asked.name,
        "description": asked.description,
        "chart": asked.chart,
        "measure": asked.measure,
        "grouping": asked.grouping,
        "filters": Jsonb(asked.filters.model_dump(mode="json", by_alias=True)),
        "is_shared": asked.is_shared,
    }


def filters_of(metric: Metric) -> Filters:
    """The filters of a metric as values."""
    return Filters.model_validate(metric.filters)


def _not_found(metric_id: int) -> NotFound:
    return NotFound(f"There is no metric {metric_id} that you can see.")


def _taken(name: str) -> Conflict:
    return Conflict(
        f"You have a metric called “{name}” already.",
        code="name_taken",
        details=[{"field": "name", "message": "another name"}],
    )
