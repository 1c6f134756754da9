"""What the API answers of performance. Amounts in INR, rates in per cent."""

from datetime import date

from typing_extensions import TypedDict

from py360.kit.wire import Amount
from py360.modules.organization.views import PerformanceView, TeamMemberView

PeriodView = TypedDict("PeriodView", {"from": date, "to": date})


class NodeResultView(TypedDict):
    """The figures of a node with everything below it, by the tree as it was. `isGood`: efficiency of 85 and more."""

    nodeId: int
    name: str
    type: str
    managerName: str | None
    budget: Amount | None
    targetCases: int | None
    currentCases: int
    renewedCases: int
    revenue: Amount
    spent: Amount
    performance: PerformanceView
    isGood: bool


class NodePerformanceView(NodeResultView):
    """A node beside the period before, its children (the best first), and the members of a team."""

    period: PeriodView
    previous: NodeResultView
    children: list[NodeResultView]
    teamMembers: list[TeamMemberView]


class ComparisonView(TypedDict):
    """Nodes beside each other."""

    period: PeriodView
    nodes: list[NodeResultView]
