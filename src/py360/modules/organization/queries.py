"""Reading the tree: what a caller sees of it starts from their reach."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads

_NODE: Final = """
    select n.id, n.name, n.type, n.parent_id, n.manager_id, coalesce(m.name, n.manager_name) as manager_name, n.description,
           n.budget, n.target_cases, n.current_cases, n.renewed_cases, n.revenue, n.status, n.performance_metrics,
           n.created_at, n.updated_at, b.id as branch_id, b.code as branch_code, b.ifsc,
           (select count(*) from organization_public_homes h join identity_public_users u on u.id = h.user_id
            where h.node_id = n.id and u.status = 'active' and u.client_id = any(%(clients)s)) as member_count
    from organizational_hierarchy n
    left join identity_public_users m on m.id = n.manager_id
    left join branches b on b.hierarchy_node_id = n.id
"""
_SUMS: Final = ("currentCases", "renewedCases", "revenue")


def visible(caller: Caller, alias: str = "n") -> tuple[str, dict[str, Any]]:
    """The nodes a caller sees: all; or their home and what is below it; or their home."""
    params: dict[str, Any] = {"clients": list(caller.client_ids), "home": caller.node_id}
    if caller.reach == "all":
        return "true", params
    if caller.reach == "subtree":
        return f"{alias}.path <@ (select h.path from organizational_hierarchy h where h.id = %(home)s)", params
    return f"{alias}.id = %(home)s", params


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A node of the wire (domain reference, 24); money in INR."""
    node = {
        "id": row["id"],
        "name": row["name"],
        "type": row["type"],
        "parentId": row["parent_id"],
        "managerId": row["manager_id"],
        "managerName": row["manager_name"],
        "description": row["description"],
        "budget": row["budget"],
        "targetCases": row["target_cases"],
        "currentCases": row["current_cases"],
        "renewedCases": row["renewed_cases"],
        "revenue": row["revenue"],
        "status": row["status"],
        "memberCount": row["member_count"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }
    if row["type"] == "branch":
        node |= {"branchId": row["branch_id"], "branchCode": row["branch_code"], "ifsc": row["ifsc"]}
    return node


async def tree(reads: Reads, caller: Caller) -> list[dict[str, Any]]:
    """The visible part of the tree, nested in `children`; the figures of a node include those below it."""
    where, params = visible(caller)
    rows = await reads.all(f"{_NODE} where {where} order by nlevel(n.path), lower(n.name), n.id", params)
    nodes = {row["id"]: {**_shown(row), "children": []} for row in rows}
    roots: list[dict[str, Any]] = []
    for node in nodes.values():
        parent = nodes.get(node["parentId"])
        (parent["children"] if parent else roots).append(node)
    for node in reversed(nodes.values()):  # by level: what is deepest is added up first
        if parent := nodes.get(node["parentId"]):
            for figure in _SUMS:
                parent[figure] += node[figure]
    return roots


def not_found(node_id: int) -> NotFound:
    """A node that is not there, or not within the caller's reach."""
    return NotFound(f"There is no region, branch or team {node_id} within your reach.")


async def one(session: AsyncSession, caller: Caller, node_id: int) -> dict[str, Any]:
    """One node; raises NotFound."""
    where, params = visible(caller)
    row = await db.one(session, f"{_NODE} where n.id = %(id)s and {where}", {**params, "id": node_id})
    if row is None:
        raise not_found(node_id)
    return _shown(row)


async def members(
    reads: Reads, caller: Caller, node_id: int, search: str | None = None, sort: str | None = None
) -> Listing:
    """The active people whose home is a node today; raises NotFound when the caller does not see the node."""
    where, params = visible(caller)
    params |= {"id": node_id, "search": containing(search)}
    if not await reads.value(f"select 1 from organizational_hierarchy n where n.id = %(id)s and {where}", params):
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
        dict,
        ("id", "name", "role", "email", "since"),
    )


def teams(caller: Caller, search: str | None, sort: str | None) -> Listing:
    """The teams of the visible part of the tree, for the dashboard's filters."""
    where, params = visible(caller)
    return Listing(
        "teams",
        _NODE,
        f"n.type = 'team' and n.status <> 'inactive' and {where} and (%(search)s::text is null or n.name ilike %(search)s)",
        ordering(sort, {"name": "lower(n.name)", "createdAt": "n.created_at"}, "name", "n.id"),
        {**params, "search": containing(search)},
        _shown_team,
        ("id", "name", "description", "memberCount"),
    )


def _shown_team(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], "description": row["description"], "memberCount": row["member_count"]}
