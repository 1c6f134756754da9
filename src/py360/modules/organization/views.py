"""What the API answers of organization."""

from datetime import date, datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.http.answers import Pagination


class PerformanceView(TypedDict):
    """Percentages of a node; null where there is nothing to divide by, or nothing is known (what of a budget was spent)."""

    efficiency: float | None
    budgetUtilization: float | None
    targetAchievement: float | None


class NodeSaved(TypedDict):
    """A node as it was saved."""

    clientId: int
    performance: PerformanceView
    id: int
    name: str
    type: str
    parentId: int | None
    managerId: int | None
    managerName: str | None
    description: str | None
    budget: float | None
    targetCases: int | None
    currentCases: int
    renewedCases: int
    revenue: float
    status: str
    memberCount: int
    createdAt: datetime
    updatedAt: datetime
    message: str
    branchId: NotRequired[int]
    branchCode: NotRequired[str]
    ifsc: NotRequired[str | None]


class NodeView(TypedDict):
    """A region, branch, department or team; money in INR."""

    clientId: int
    performance: PerformanceView
    branchId: NotRequired[int | None]
    branchCode: NotRequired[str | None]
    ifsc: NotRequired[str | None]
    id: int
    name: str
    type: str
    parentId: int | None
    managerId: int | None
    managerName: str | None
    description: str | None
    budget: float | None
    targetCases: int | None
    currentCases: int
    renewedCases: int
    revenue: float
    status: str
    memberCount: int
    createdAt: datetime
    updatedAt: datetime


class NodeDeleted(TypedDict):
    """A node was deleted."""

    nodeId: int
    message: str


class MemberView(TypedDict):
    """Somebody placed in a node."""

    id: int
    name: str
    role: str
    email: str
    since: date


class MemberList(TypedDict):
    """Who is placed in a node."""

    members: list[MemberView]
    pagination: Pagination


class MemberPlaced(TypedDict):
    """Somebody was placed in a node, or removed from it."""

    nodeId: int
    userId: int
    message: str


class TeamView(TypedDict):
    """A team."""

    id: int
    name: str
    description: str | None
    memberCount: int


class TeamList(TypedDict):
    """A page of the teams."""

    teams: list[TeamView]
    pagination: Pagination


class NodeInTreeView(NodeView):
    """A node with those below it; the figures include theirs."""

    children: "list[NodeInTreeView]"


class HierarchyView(TypedDict):
    """The visible part of the tree."""

    nodes: list[NodeInTreeView]
