"""Reading the tree: what a caller sees of it starts from their clients and their reach."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.organization.views import PerformanceView

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
_SUMS: Final = ("currentCases", "renewedCases", "revenue")


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


@dataclass(frozen=True, slots=True)
class Member:
    """An active user whose home is a node today, and since when."""

    id: int
    name: str
    role: str
    email: str
    since: date


def visible(caller: Caller) -> tuple[str, dict[str, Any]]:
    """The predicate on `organizational_hierarchy n` that the caller's reach means, and its parameters.

    Within the caller's clients: every node; or their home and what is below it; or their home.
    """
    params: dict[str, Any] = {"clients": list(caller.client_ids), "home": caller.node_id}
    within = "n.client_id = any(%(clients)s)"
    if caller.reach == "all":
        return within, params
    if caller.reach == "subtree":
        return f"{within} and n.path <@ (select h.path from organizational_hierarchy h where h.id = %(home)s)", params
    return f"{within} and n.id = %(home)s", params


def to_public(node: Node) -> dict[str, Any]:
    """A node of the wire (domain reference, 24); money in INR."""
    public = {
        "id": node.id,
        "clientId": node.client_id,
        "name": node.name,
        "type": node.type,
        "parentId": node.parent_id,
        "managerId": node.manager_id,
        "managerName": node.manager_name,
        "description": node.description,
        "budget": node.budget,
        "targetCases": node.target_cases,
        "currentCases": node.current_cases,
        "renewedCases": node.renewed_cases,
        "revenue": node.revenue,
        "status": node.status,
        "memberCount": node.member_count,
        "performance": performance(node.renewed_cases, node.current_cases, node.target_cases),
        "createdAt": node.created_at,
        "updatedAt": node.updated_at,
    }
    if node.type == "branch":
        public |= {"branchId": node.branch_id, "branchCode": node.branch_code, "ifsc": node.ifsc}
    return public


async def tree(reads: Reads, caller: Caller) -> list[dict[str, Any]]:
    """The visible part of the tree, nested in `children`; the figures of a node include those below it."""
    where, params = visible(caller)
    found = await reads.fetch_all(Node, f"{_NODE} where {where} order by nlevel(n.path), lower(n.name), n.id", params)
    nodes = {node.id: {**to_public(node), "children": []} for node in found}
    roots: list[dict[str, Any]] = []
    for node in nodes.values():
        parent = nodes.get(node["parentId"])
        (parent["children"] if parent else roots).append(node)
    for node in reversed(nodes.values()):  # by level: what is deepest is added up first
        if parent := nodes.get(node["parentId"]):
            for figure in _SUMS:
                parent[figure] += node[figure]
        node["performance"] = performance(node["renewedCases"], node["currentCases"], node["targetCases"])
    return roots


def performance(renewed: int, current: int, target: int | None) -> PerformanceView:
    """How a node does: renewed of its cases, cases of its target."""
    return {
        "efficiency": round(100 * renewed / current, 1) if current else None,
        "budgetUtilization": None,
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
        _public_member,
        ("id", "name", "role", "email", "since"),
        row=Member,
    )


def _public_member(member: Member) -> dict[str, Any]:
    return {"id": member.id, "name": member.name, "role": member.role, "email": member.email, "since": member.since}


def teams(caller: Caller, search: str | None, sort: str | None) -> Listing[Node]:
    """The teams of the visible part of the tree, for the dashboard's filters."""
    where, params = visible(caller)
    return Listing(
        "teams",
        _NODE,
        f"n.type = 'team' and n.status <> 'inactive' and {where} and (%(search)s::text is null or n.name ilike %(search)s)",
        ordering(sort, {"name": "lower(n.name)", "createdAt": "n.created_at"}, "name", "n.id"),
        {**params, "search": containing(search)},
        _public_team,
        ("id", "name", "description", "memberCount"),
        row=Node,
    )


def _public_team(node: Node) -> dict[str, Any]:
    return {"id": node.id, "name": node.name, "description": node.description, "memberCount": node.member_count}
