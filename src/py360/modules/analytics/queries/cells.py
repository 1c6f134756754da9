"""Where figures are read: the roll-ups, narrowed to the caller's reach and the dashboard's filters (ADR 91).

Sums are kept per node, not per agent: what one person was assigned is few, and is read from the facts by their index. So
`all` reads sums, `subtree` and `team` the sums of their nodes and their own cases elsewhere, `own` and a member's figures
facts only. A period is read as whole months and the days at its ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.reads import Reads
from py360.modules.analytics.columns import DIMENSIONS, MEASURES, listed
from py360.modules.analytics.filters import Period, Scope

Kind = Literal["opened", "ended", "paid"]
COLUMNS: Final = listed(("client_id", "day", *DIMENSIONS, *MEASURES))
_BELOW: Final = """
select n.id from organization_public_node n join organization_public_node top on n.path <@ top.path where top.id = %({name})s
"""
_TEAM: Final = "select 1 from organization_public_node n where n.id = %(id)s and n.client_id = any(%(clients)s)"
_MEMBER: Final = "select 1 from identity_public_users u where u.id = %(id)s and u.client_id = any(%(clients)s)"


@dataclass(slots=True)
class Source:
    """A subquery `{sql} r` that has the columns of the sums, and its parameters."""

    sql: str
    params: dict[str, object] = field(default_factory=dict)


async def check(reads: Reads, caller: Caller, scope: Scope) -> None:
    """Raise NotFound when the team or the member belongs to none of the caller's clients."""
    for number, sql, word in ((scope.team_id, _TEAM, "region, branch or team"), (scope.member_id, _MEMBER, "user")):
        if number is not None:
            found = await reads.fetch_one(int, sql, {"id": number, "clients": list(caller.client_ids)})
            if found is None:
                raise NotFound(f"There is no {word} {number} within your reach.")


def source(caller: Caller, scope: Scope, kind: Kind, *, by_day: bool = False, facts: bool = False) -> Source:
    """What to sum for these filters within the caller's reach.

    `by_day`: sums of days, for series of days; else months stand for whole months. `facts`: the facts themselves, which also
    have the columns hour and assigned_to.
    """
    params: dict[str, object] = {"kind": kind, "first": scope.period.first, "last": scope.period.last}
    filters = list(_filters(scope, params))
    clients = ", ".join(str(int(number)) for number in caller.client_ids) or "null"
    filters.append(f"r.client_id in ({clients}) and r.kind = %(kind)s")
    of_facts = [*filters, "r.day between %(first)s and %(last)s"]
    columns = f"hour, assigned_to, {COLUMNS}" if facts else COLUMNS
    cells = [*filters, _periods(scope.period, params, by_day)]
    nodes = _nodes(caller, params)
    mine = "r.assigned_to = %(reach_user)s"
    params["reach_user"] = caller.user_id
    if scope.member_id is not None:
        params["member"] = scope.member_id
        reach = "true" if caller.reach == "all" else f"({mine} or {nodes})" if nodes else mine
        parts = [_select(columns, "facts", [*of_facts, "r.assigned_to = %(member)s", reach])]
    elif caller.reach == "all":
        parts = [_select(columns, "facts", of_facts) if facts else _select(columns, "cells", cells)]
    elif not nodes:
        parts = [_select(columns, "facts", [*of_facts, mine])]
    elif facts:
        parts = [_select(columns, "facts", [*of_facts, f"({mine} or {nodes})"])]
    else:
        parts = [
            _select(columns, "cells", [*cells, nodes]),
            _select(columns, "facts", [*of_facts, mine, f"not {nodes}"]),
        ]
    return Source("(" + " union all ".join(parts) + ") r", params)


def _select(columns: str, table: str, where: list[str]) -> str:
    return f"select {columns} from analytics_{table} r where {' and '.join(where)}"


def _nodes(caller: Caller, params: dict[str, object]) -> str:
    """The condition on the node that the caller's reach means; empty where it means none."""
    if caller.reach in ("all", "own") or caller.node_id is None:
        return ""
    params["reach_node"] = caller.node_id
    if caller.reach == "team":
        return "r.node_id = %(reach_node)s"
    return f"r.node_id in ({_BELOW.format(name='reach_node').strip()})"


def _filters(scope: Scope, params: dict[str, object]) -> Iterator[str]:
    if scope.policy_types:
        params["policy_types"] = list(scope.policy_types)
        yield "r.policy_type = any(%(policy_types)s)"
    if scope.statuses:
        params["statuses"] = list(scope.statuses)
        yield "r.status = any(%(statuses)s)"
    if scope.team_id is not None:
        params["team"] = scope.team_id
        yield f"r.node_id in ({_BELOW.format(name='team').strip()})"


def _periods(period: Period, params: dict[str, object], by_day: bool) -> str:
    """The days of a period as whole months and what is left at both ends."""
    first_month = _first_of_month(period.first, following=period.first.day != 1)
    after_months = _first_of_month(period.last + timedelta(days=1))
    if by_day or first_month >= after_months:
        return "r.grain = 'd' and r.day between %(first)s and %(last)s"
    params["months_from"], params["months_to"] = first_month, after_months
    months = "r.grain = 'm' and r.day >= %(months_from)s and r.day < %(months_to)s"
    head = "r.grain = 'd' and r.day >= %(first)s and r.day < %(months_from)s"
    tail = "r.grain = 'd' and r.day >= %(months_to)s and r.day <= %(last)s"
    return f"(({months}) or ({head}) or ({tail}))"


def _first_of_month(day: date, *, following: bool = False) -> date:
    first = day.replace(day=1)
    return (first + timedelta(days=32)).replace(day=1) if following else first
