"""Reading the tree: what a caller sees of it starts from their clients and their reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller, Predicate
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.organization.views import MemberView, NodeInTreeView, NodeView, PerformanceView, TeamView

_NODE: Final = """
    select n.id, n.client_id, n.name, n.type, n.parent_id, n.manager_id, coalesce(m.name, n.manager_name) as manager_name,
           n.description, n.budget, n.target_cases, n.current_cases, n.renewed_cases, n.revenue, n.status,
           n.created_at, n.updated_at, b.id as branch_id, b.code as branch_code, b.ifsc,
           (select count(*) from organization_public_homes h join identity_public_users u on u.id = h.user_id
            where h.node_id = n.id and u.status = 'active' and u.client_id = n.client_id) as member_count
    from organizational_hierarchy n
    left join identity_public_users m on m.id = n.manager_id
    left join branches b on b.hierarchy_node_id = n.id
"""


@dataclass(frozen=True, slots=True)
class Node:
    """A region, state, branch, department or team; money in INR. The branch's fields are None for other types."""

    id: int
    client_id: int
    name: str
    type: str
    parent_id: int | None
    manager_id: int | None
    manager_name: str | None
    description: str | None
    budget: Decimal | None
    target_cases: int | None
    current_cases: int
    renewed_cases: int
    revenue: Decimal
    status: str
    created_at: datetime
    updated_at: datetime
    branch_id: int | None
    branch_code: str | None
    ifsc: str | None
    member_count: int
    spent: Decimal = Decimal(0)

    def to_public(self) -> NodeView:
        """A node as the API answers it (domain reference, 24); money in INR."""
        public: NodeView = {
            "id": self.id,
            "clientId": self.client_id,
            "name": self.name,
            "type": self.type,
            "parentId": self.parent_id,
            "managerId": self.manager_id,
            "managerName": self.manager_name,
            "description": self.description,
            "budget": self.budget,
            "targetCases": self.target_cases,
            "currentCases": self.current_cases,
            "renewedCases": self.renewed_cases,
            "revenue": self.revenue,
            "status": self.status,
            "memberCount": self.member_count,
            "performance": performance(
                self.renewed_cases, self.current_cases, self.target_cases, self.spent, self.budget
            ),
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }
        if self.type == "branch":
            return {**public, "branchId": self.branch_id, "branchCode": self.branch_code, "ifsc": self.ifsc}
        return public

    def to_team(self) -> TeamView:
        """A team as the dashboard's filters list it."""
        return {"id": self.id, "name": self.name, "description": self.description, "memberCount": self.member_count}


@dataclass(frozen=True, slots=True)
class Member:
    """An active user whose home is a node today, and since when."""

    id: int
    name: str
    role: str
    email: str
    since: date

    def to_public(self) -> MemberView:
        """A user of a node as the API answers it."""
        return {"id": self.id, "name": self.name, "role": self.role, "email": self.email, "since": self.since}


def visible(caller: Caller) -> Predicate:
    """The predicate on `organizational_hierarchy n` that the caller's reach means, and its parameters.

    Within the caller's clients: every node; or their home and what is below it; or their home.
    """
    params: dict[str, object] = {"clients": list(caller.client_ids), "home": caller.node_id}
    within = "n.client_id = any(%(clients)s)"
    if caller.reach == "all":
        return within, params
    if caller.reach == "subtree":
        return f"{within} and n.path <@ (select h.path from organizational_hierarchy h where h.id = %(home)s)", params
    return f"{within} and n.id = %(home)s", params


async def tree(reads: Reads, caller: Caller) -> list[NodeInTreeView]:
    """The visible part of the tree, nested in `children`, without figures."""
    where, params = visible(caller)
    found = await reads.fetch_all(Node, f"{_NODE} where {where} order by nlevel(n.path), lower(n.name), n.id", params)
    nodes: dict[int | None, NodeInTreeView] = {node.id: {**node.to_public(), "children": []} for node in found}
    roots: list[NodeInTreeView] = []
    for node in nodes.values():
        parent = nodes.get(node["parentId"])
        (parent["children"] if parent else roots).append(node)
    return roots


def performance(
    renewed: int, current: int, target: int | None, spent: Decimal, budget: Decimal | None
) -> PerformanceView:
    """How a node does: renewed of its cases, spent of its budget, cases of its target."""
    return {
        "efficiency": round(100 * renewed / current, 1) if current else None,
        "budgetUtilization": round(float(100 * spent / budget), 1) if budget else None,
        "targetAchievement": round(100 * current / target, 1) if target else None,
    }


def not_found(node_id: int) -> NotFound:
    """The error for a node that does not exist or is not within the caller's reach."""
    return NotFound(f"There is no region, branch or team {node_id} within your reach.")


async def one(session: AsyncSession, caller: Caller, node_id: int) -> Node:
    """One node; raises NotFound."""
    where, params = visible(caller)
    node = await db.fetch_one(session, Node, f"{_NODE} where n.id = %(id)s and {where}", {**params, "id": node_id})
    if node is None:
        raise not_found(node_id)
    return node


async def some(reads: Reads, caller: Caller, node_ids: Sequence[int]) -> list[Node]:
    """These nodes, in this order; raises NotFound for the first that the caller does not see."""
    where, params = visible(caller)
    sql = f"{_NODE} where n.id = any(%(ids)s) and {where}"
    found = {node.id: node for node in await reads.fetch_all(Node, sql, {**params, "ids": list(node_ids)})}
    for node_id in node_ids:
        if node_id not in found:
            raise not_found(node_id)
    return [found[node_id] for node_id in dict.fromkeys(node_ids)]


async def children(reads: Reads, caller: Caller, node_id: int) -> list[Node]:
    """The nodes right below a node, as far as the caller sees them."""
    where, params = visible(caller)
    sql = f"{_NODE} where n.parent_id = %(id)s and {where} order by lower(n.name), n.id"
    return await reads.fetch_all(Node, sql, {**params, "id": node_id})


async def members(
    reads: Reads, caller: Caller, node_id: int, search: str | None = None, sort: str | None = None
) -> Listing[Member]:
    """The active users whose home is a node today; raises NotFound when the caller does not see the node."""
    where, params = visible(caller)
    params |= {"id": node_id, "search": containing(search)}
    seen = f"select 1 from organizational_hierarchy n where n.id = %(id)s and {where}"
    if not await reads.fetch_one(int, seen, params):
        raise not_found(node_id)
    known = {"name": "u.name", "role": "u.role nulls last", "email": "u.email", "since": "h.valid_from"}
    return Listing(
        "members",
        "select u.id, u.name, u.role, u.email, h.valid_from as since from organization_public_homes h"
        " join identity_public_users u on u.id = h.user_id",
        "h.node_id = %(id)s and u.status = 'active' and u.client_id = any(%(clients)s)"
        " and (%(search)s::text is null or u.name ilike %(search)s or u.email ilike %(search)s)",
        ordering(sort, known, "name", "u.id"),
        params,
        Member.to_public,
        ("id", "name", "role", "email", "since"),
        row=Member,
    )


def teams(caller: Caller, search: str | None, sort: str | None) -> Listing[Node]:
    """The teams of the visible part of the tree, for the dashboard's filters."""
    where, params = visible(caller)
    return Listing(
        "teams",
        _NODE,
        f"n.type = 'team' and n.status <> 'inactive' and {where} and (%(search)s::text is null or n.name ilike %(search)s)",
        ordering(sort, {"name": "lower(n.name)", "createdAt": "n.created_at"}, "name", "n.id"),
        {**params, "search": containing(search)},
        Node.to_team,
        ("id", "name", "description", "memberCount"),
        row=Node,
    )
