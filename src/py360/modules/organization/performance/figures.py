"""What regions, branches and teams achieved in a period, with everything below them, by the tree as it was (ADR 102).

`currentCases` are the cases opened in the period, `renewedCases` those renewed in it, `revenue` what was paid and kept, `spent`
what the messages of its cases cost; all from the sums that the dashboard reads. Amounts in INR.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from py360.kit import sql
from py360.kit.caller import Caller
from py360.kit.reads import Reads
from py360.modules.organization.performance.period import Period
from py360.modules.organization.performance.views import NodePerformanceView, NodeResultView
from py360.modules.organization.queries import Node, performance
from py360.modules.organization.views import NodeInTreeView, TeamMemberView

MOST_MEMBERS: Final = 20_000
GOOD_FROM: Final = 85  # per cent of efficiency (domain reference, 24)
_SUM: Final = sql.read(__file__, "sum_figures")
_MEMBERS: Final = sql.read(__file__, "sum_members")
_MOVES: Final = """
select distinct date_trunc('month', valid_from)::date from dated_paths
where client_id = any(%(clients)s) and valid_from between %(first)s and %(last)s
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of a node."""

    node_id: int
    current_cases: int = 0
    renewed_cases: int = 0
    revenue: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """What a member did while they were in the node."""

    node_id: int
    id: int
    name: str
    role: str
    valid_from: date
    valid_to: date | None
    cases: int
    renewed: int

    def to_public(self) -> TeamMemberView:
        """The member as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role,
            "since": self.valid_from,
            "until": self.valid_to,
            "cases": self.cases,
            "renewed": self.renewed,
        }


async def figures(
    reads: Reads, client_ids: Sequence[int], period: Period, nodes: Sequence[int] | None = None
) -> Mapping[int, Figures]:
    """The figures of these nodes, or of all; a node without any is missing."""
    clients = {"clients": list(client_ids), "first": period.first, "last": period.last}
    moves = await reads.fetch_all(date, _MOVES, clients)
    params = {**clients, **period.months(frozenset(moves)), "nodes": None if nodes is None else list(nodes)}
    return {each.node_id: each for each in await reads.fetch_all(Figures, _SUM, params)}


def with_figures(node: Node, found: Mapping[int, Figures]) -> Node:
    """A node with its figures of the period."""
    own = found.get(node.id, Figures(node.id))
    return replace(
        node, current_cases=own.current_cases, renewed_cases=own.renewed_cases, revenue=own.revenue, spent=own.spent
    )


async def members_of(reads: Reads, nodes: Sequence[int], period: Period) -> Mapping[int, list[TeamMemberView]]:
    """The members of these nodes with their figures, the best first."""
    found: dict[int, list[TeamMemberView]] = {}
    params = {"nodes": list(nodes), "first": period.first, "last": period.last, "most": MOST_MEMBERS}
    for member in await reads.fetch_all(MemberFigures, _MEMBERS, params):
        found.setdefault(member.node_id, []).append(member.to_public())
    return found


def teams_in(tree: Sequence[NodeInTreeView]) -> list[int]:
    """The teams of a tree that the API answers."""
    return [
        number for node in tree for number in ([node["id"]] if node["type"] == "team" else teams_in(node["children"]))
    ]


def fill(
    tree: Sequence[NodeInTreeView], found: Mapping[int, Figures], members: Mapping[int, list[TeamMemberView]]
) -> None:
    """Put the figures into a tree that the API answers, down to its leaves and the people of its teams."""
    for node in tree:
        own = found.get(node["id"], Figures(node["id"]))
        node["currentCases"], node["renewedCases"] = own.current_cases, own.renewed_cases
        node["revenue"] = own.revenue
        node["performance"] = performance(
            own.renewed_cases, own.current_cases, node["targetCases"], own.spent, node["budget"]
        )
        if node["type"] == "team":
            node["teamMembers"] = members.get(node["id"], [])
        fill(node["children"], found, members)


async def of_node(
    reads: Reads, caller: Caller, node: Node, children: Sequence[Node], period: Period
) -> NodePerformanceView:
    """The performance of a node that the caller sees: beside the period before, its children, and a team's members."""
    numbers = [node.id, *(child.id for child in children)]
    now = await figures(reads, caller.client_ids, period, numbers)
    before = await figures(reads, caller.client_ids, period.before(), [node.id])
    members = await members_of(reads, [node.id], period)
    compared = [result(child, now) for child in children]
    return {
        **result(node, now),
        "period": {"from": period.first, "to": period.last},
        "previous": result(node, before),
        "children": sorted(compared, key=lambda each: -(each["performance"]["efficiency"] or 0)),
        "teamMembers": members.get(node.id, []),
    }


def result(node: Node, found: Mapping[int, Figures]) -> NodeResultView:
    """The figures of one node as the API answers them."""
    own = found.get(node.id, Figures(node.id))
    marks = performance(own.renewed_cases, own.current_cases, node.target_cases, own.spent, node.budget)
    return {
        "nodeId": node.id,
        "name": node.name,
        "type": node.type,
        "managerName": node.manager_name,
        "budget": node.budget,
        "targetCases": node.target_cases,
        "currentCases": own.current_cases,
        "renewedCases": own.renewed_cases,
        "revenue": own.revenue,
        "spent": own.spent,
        "performance": marks,
        "isGood": marks["efficiency"] is not None and marks["efficiency"] >= GOOD_FROM,
    }
