"""Charts of cases: how many there are, their statuses, batches, channels, regions and managers."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.analytics.charts.views import (
    BatchPaymentRow,
    BatchStatusRow,
    ManagerRow,
    PersistencyRow,
    RegionRow,
    ShareRow,
    SuccessRow,
    VolumeRow,
)
from py360.modules.analytics.filters import NOT_RENEWED, Scope
from py360.modules.analytics.links import NO_CHANNEL, case_list
from py360.modules.analytics.queries.figures import Figures, figures_of, grouped, percent, total
from py360.modules.analytics.queries.overview import trends

BATCHES: Final = 20
NOT_GIVEN: Final = "Not given"
# As the list of batches counts them (domain reference, 5.4); there, failed are those that are not renewed.
BATCH_PENDING: Final = frozenset({"uploaded", "validated", "pending"})
TERMS: Final = 5
_BATCHES: Final = "select id, batch_code, file_name from uploads_public_batch where id = any(%(ids)s) order by id desc"
_PLACES: Final = """
select n.id, n.path::text as path, n.name, n.type, coalesce(u.name, '') as manager
from organization_public_node n left join identity_public_users u on u.id = n.manager_id
where n.client_id = any(%(clients)s)
"""
# Whose work the manager of a place is measured by.
_MANAGERS: Final = {"region": "Regional", "state": "State", "branch": "Area", "department": "Sales", "team": "Sales"}


@dataclass(frozen=True, slots=True)
class _Batch:
    id: int
    batch_code: str
    file_name: str


@dataclass(frozen=True, slots=True)
class _Place:
    id: int
    path: str
    name: str
    type: str
    manager: str

    def holds(self, other: "_Place") -> bool:
        """Whether the other place is this one or below it."""
        return f"{other.path}.".startswith(f"{self.path}.")


async def case_volume(reads: Reads, caller: Caller, scope: Scope) -> list[VolumeRow]:
    """New cases and renewals over time."""
    return [
        {"name": row["name"], "newCases": row["newCases"], "renewals": row["renewals"]}
        for row in await trends(reads, caller, scope)
    ]


async def success_rate(reads: Reads, caller: Caller, scope: Scope) -> list[SuccessRow]:
    """The success rate over time."""
    return [{"name": row["name"], "successRate": row["successRate"]} for row in await trends(reads, caller, scope)]


async def _by_batch(reads: Reads, caller: Caller, scope: Scope) -> list[tuple[_Batch, list[Figures]]]:
    """The newest batches that have cases in scope, with the figures of each status."""
    found = await figures_of(reads, caller, scope, "opened", "batch_id", "status")
    by_batch: dict[int, list[Figures]] = {}
    for each in found:
        by_batch.setdefault(int(each.key), []).append(each)
    newest = sorted(by_batch, reverse=True)[:BATCHES]
    batches = await reads.fetch_all(_Batch, _BATCHES, {"ids": newest})
    return [(batch, by_batch[batch.id]) for batch in batches]


async def batch_status(reads: Reads, caller: Caller, scope: Scope) -> list[BatchStatusRow]:
    """The state of the cases of each batch; the newest batches first."""
    rows: list[BatchStatusRow] = []
    for batch, parts in await _by_batch(reads, caller, scope):
        whole = total(parts).cases
        renewed = _count(parts, {"renewed"})
        failed, pending = _count(parts, NOT_RENEWED), _count(parts, BATCH_PENDING)
        rows.append(
            {
                "batchId": batch.batch_code,
                "fileName": batch.file_name,
                "renewed": renewed,
                "inProgress": whole - renewed - failed - pending,
                "pending": pending,
                "failed": failed,
                "total": whole,
                "cases": case_list(scope, batchId=batch.batch_code),
            }
        )
    return rows


async def payment_status(reads: Reads, caller: Caller, scope: Scope) -> list[BatchPaymentRow]:
    """What came in for each batch and what its open cases owe."""
    rows: list[BatchPaymentRow] = []
    for batch, parts in await _by_batch(reads, caller, scope):
        whole = total(parts)
        rows.append(
            {
                "batchId": batch.batch_code,
                "fileName": batch.file_name,
                "received": whole.collected,
                "pending": whole.pending,
                "cases": case_list(scope, batchId=batch.batch_code),
            }
        )
    return rows


async def channel_distribution(reads: Reads, caller: Caller, scope: Scope) -> list[ShareRow]:
    """Where the cases come from."""
    found = await figures_of(reads, caller, scope, "opened", "channel")
    whole = total(found).cases
    return [
        {
            "channel": each.key or NOT_GIVEN,
            "count": each.cases,
            "percentage": percent(each.cases, whole),
            "cases": case_list(scope, channel=each.key or NO_CHANNEL),
        }
        for each in sorted(found, key=lambda each: -each.cases)
    ]


async def _by_place(reads: Reads, caller: Caller, scope: Scope) -> tuple[dict[int, _Place], list[Figures]]:
    places = await reads.fetch_all(_Place, _PLACES, {"clients": list(caller.client_ids)})
    return {place.id: place for place in places}, await figures_of(reads, caller, scope, "opened", "node_id", "status")


async def region_performance(reads: Reads, caller: Caller, scope: Scope) -> list[RegionRow]:
    """Cases and renewals of each branch; of what belongs to no branch, of the place itself."""
    places, found = await _by_place(reads, caller, scope)
    by_place = grouped(found, lambda each: str(_branch(places, int(each.key))))
    renewed = grouped(
        [each for each in found if each.part == "renewed"], lambda each: str(_branch(places, int(each.key)))
    )
    rows: list[RegionRow] = []
    for key, whole in by_place.items():
        names = _names(places, int(key))
        done = renewed.get(key, Figures()).cases
        rows.append(
            {
                "region": names.get("region"),
                "state": names.get("state"),
                "branch": names.get("branch"),
                "count": whole.cases,
                "renewed": done,
                "renewalRate": percent(done, whole.cases),
                "cases": case_list(scope, teamId=key) if int(key) else "",  # no filter finds those of no place
            }
        )
    return sorted(rows, key=lambda row: -row["count"])


def _branch(places: dict[int, _Place], node_id: int) -> int:
    """The branch that a node is in, or the node itself above branches; 0 for none."""
    place = places.get(node_id)
    above = [int(number) for number in place.path.split(".")] if place else []
    return next((number for number in above if number in places and places[number].type == "branch"), node_id)


def _names(places: dict[int, _Place], node_id: int) -> dict[str, str]:
    """The names of a node and what is above it, by type."""
    place = places.get(node_id)
    above = [int(number) for number in place.path.split(".")] if place else []
    return {places[number].type: places[number].name for number in above if number in places}


async def manager_performance(reads: Reads, caller: Caller, scope: Scope) -> list[ManagerRow]:
    """The cases below each place that has a manager."""
    places, found = await _by_place(reads, caller, scope)
    rows: list[ManagerRow] = []
    for place in places.values():
        below = [each for each in found if int(each.key) in places and place.holds(places[int(each.key)])]
        count = total(below).cases
        if not place.manager or not count:
            continue
        renewed = _count(below, {"renewed"})
        rows.append(
            {
                "type": _MANAGERS[place.type],
                "manager": place.manager,
                "place": place.name,
                "count": count,
                "renewed": renewed,
                "efficiency": percent(renewed, count),
                "cases": case_list(scope, teamId=place.id),
            }
        )
    return sorted(rows, key=lambda row: (list(_MANAGERS.values()).index(row["type"]), -row["count"]))


async def persistency(reads: Reads, caller: Caller, scope: Scope) -> list[PersistencyRow]:
    """Persistency at months 13, 25, 37, 49 and 61: the first to the fifth renewal of a policy that we know of.

    Of the cases that ended in the period (renewed, lapsed, cancelled or failed), the renewed ones.
    """
    found = await figures_of(reads, caller, scope, "ended", "term", "status")
    rows: list[PersistencyRow] = []
    for term in range(1, TERMS + 1):
        ended = [each for each in found if each.key == str(term)]
        due, renewed = total(ended), total(each for each in ended if each.part == "renewed")
        rows.append(
            {
                "month": 12 * term + 1,
                "due": due.cases,
                "renewed": renewed.cases,
                "byCount": percent(renewed.cases, due.cases) if due.cases else None,
                "byPremium": percent(renewed.amount, due.amount) if due.amount else None,
                "premiumDue": due.amount,
                "premiumRenewed": renewed.amount,
            }
        )
    return rows


def _count(parts: Iterable[Figures], statuses: Iterable[str]) -> int:
    return sum(each.cases for each in parts if each.part in statuses)
