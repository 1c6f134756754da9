"""What the API answers of organization."""

from datetime import date, datetime
from typing import NotRequired

from typing_extensions import TypedDict

from py360.kit.paging import Pagination
from py360.kit.wire import Amount


class PerformanceView(TypedDict):
    """Percentages of a node; null where there is nothing to divide by."""

    efficiency: float | None
    budgetUtilization: float | None
    targetAchievement: float | None


class TeamMemberView(TypedDict):
    """What a member did from the day they came (`since`) to the day they left (`until`)."""

    id: int
    name: str
    role: str
    since: date
    until: date | None
    cases: int
    renewed: int


class NodeView(TypedDict):
    """A region, branch, department or team; money in INR. Teams have `teamMembers`, branches their code."""

    clientId: int
    performance: PerformanceView
    branchId: NotRequired[int | None]
    branchCode: NotRequired[str | None]
    ifsc: NotRequired[str | None]
    teamMembers: NotRequired[list[TeamMemberView]]
    id: int
    name: str
    type: str
    parentId: int | None
    managerId: int | None
    managerName: str | None
    description: str | None
    budget: Amount | None
    targetCases: int | None
    currentCases: int
    renewedCases: int
    revenue: Amount
    status: str
    memberCount: int
    createdAt: datetime
    updatedAt: datetime


class NodeSaved(NodeView):
    """A node as it was saved."""

    message: str


class NodeDeleted(TypedDict):
    """A node was deleted."""

    nodeId: int
    message: str


class MemberView(TypedDict):
    """A user whose home is a node."""

    id: int
    name: str
    role: str
    email: str
    since: date


class MemberList(TypedDict):
    """The users of a node."""

    members: list[MemberView]
    pagination: Pagination


class MemberPlaced(TypedDict):
    """A user was placed in a node, or removed from it."""

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
