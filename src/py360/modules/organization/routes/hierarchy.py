"""The tree of regions, branches and teams, and users' places in it."""

from fastapi import Response

from py360.kit.clock import version_of
from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Res, Search, Session, Sort, etag, listed, ok
from py360.modules.organization import queries, service
from py360.modules.organization.access import CanChangeOrganization, CanPlaceUsers, CanSeeOrganization
from py360.modules.organization.performance import figures
from py360.modules.organization.performance.period import PeriodFilter
from py360.modules.organization.routes.base import router
from py360.modules.organization.schemas import Home, Move, NodeChange, NodeIn
from py360.modules.organization.views import (
    HierarchyView,
    MemberList,
    MemberPlaced,
    NodeDeleted,
    NodeSaved,
    NodeView,
    TeamList,
)


@router.get("/hierarchy", response_model=Answer[HierarchyView])
async def hierarchy(reads: DbReads, res: Res, caller: CanSeeOrganization) -> Response:
    """The caller's part of the organisation as a tree; figures include what is below, and are of this financial year. Teams come
    with their members."""
    nodes = await queries.tree(reads, caller)
    period = PeriodFilter().period(res.clock.today())
    members = await figures.members_of(reads, figures.teams_in(nodes), period)
    figures.fill(nodes, await figures.figures(reads, caller.client_ids, period), members)
    return ok({"nodes": nodes})


@router.post("/hierarchy/nodes", status_code=201, response_model=Answer[NodeSaved])
async def add_node(session: Session, caller: CanChangeOrganization, body: NodeIn) -> Response:
    """Add a region, state, branch, department or team; each is under a node of the level above."""
    node_id = await service.add(session, caller, body)
    node = await queries.one(session, caller, node_id)
    return ok({**node.to_public(), "message": f"{node.name} was added."}, 201)


@router.get("/hierarchy/nodes/{node_id}", response_model=Answer[NodeView])
async def read_node(reads: DbReads, res: Res, caller: CanSeeOrganization, node_id: int) -> Response:
    """One node, with the figures of this financial year, which include what is below."""
    (found,) = await queries.some(reads, caller, [node_id])
    period = PeriodFilter().period(res.clock.today())
    node = figures.with_figures(found, await figures.figures(reads, caller.client_ids, period, [node_id]))
    shown = node.to_public()
    if node.type == "team":
        shown["teamMembers"] = (await figures.members_of(reads, [node_id], period)).get(node_id, [])
    return ok(shown, headers=etag(version_of(node.updated_at)))


@router.put("/hierarchy/nodes/{node_id}", response_model=Answer[NodeSaved])
async def change_node(
    session: Session, caller: CanChangeOrganization, node_id: int, body: NodeChange, version: IfMatch
) -> Response:
    """Change the given fields of a node."""
    service.managers_only(caller)
    before = await queries.one(session, caller, node_id)
    await service.change(session, caller, node_id, body, version)
    body.as_shown(before.to_public())
    node = await queries.one(session, caller, node_id)
    answer = {**node.to_public(), "message": f"{node.name} was saved."}
    return ok(answer, headers=etag(version_of(node.updated_at)))


@router.delete("/hierarchy/nodes/{node_id}", response_model=Answer[NodeDeleted])
async def delete_node(session: Session, caller: CanChangeOrganization, node_id: int) -> Response:
    """Delete a node without children and without people."""
    await service.delete(session, caller, node_id)
    return ok({"nodeId": node_id, "message": "The node was deleted."})


@router.put("/hierarchy/nodes/{node_id}/move", response_model=Answer[NodeSaved])
async def move_node(session: Session, caller: CanChangeOrganization, node_id: int, body: Move) -> Response:
    """Move a node and everything below it under another parent of the same client and of the same level as before."""
    await service.move(session, caller, node_id, body.parent_id)
    node = await queries.one(session, caller, node_id)
    return ok({**node.to_public(), "message": f"{node.name} was moved, with everything below it."})


@router.get("/hierarchy/{node_id}/members", response_model=Answer[MemberList])
async def node_members(
    reads: DbReads,
    caller: CanSeeOrganization,
    node_id: int,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """The active users whose home is this node today, without pages."""
    return await listed(reads, await queries.members(reads, caller, node_id, search, sort), None, as_file)


@router.put("/hierarchy/{node_id}/members/{user_id}", response_model=Answer[MemberPlaced])
async def place_user(session: Session, caller: CanPlaceUsers, node_id: int, user_id: int, body: Home) -> Response:
    """Give a user their home here, from today or a given day; a user has one home at a time.

    The caller must reach both this node and the homes that this ends; a user without a home is placed by a user with
    reach `all`.
    """
    await service.place(session, caller, user_id, node_id, body.valid_from)
    return ok({"nodeId": node_id, "userId": user_id, "message": "The user's home is here from the given day on."})


@router.delete("/hierarchy/{node_id}/members/{user_id}", response_model=Answer[MemberPlaced])
async def remove_user(session: Session, caller: CanPlaceUsers, node_id: int, user_id: int) -> Response:
    """End a user's home here today."""
    await service.remove(session, caller, user_id, node_id)
    return ok({"nodeId": node_id, "userId": user_id, "message": "The user's home is no longer here."})


@router.get("/teams", response_model=Answer[TeamList])
async def teams(
    reads: DbReads, caller: CanSeeOrganization, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The teams within the caller's reach."""
    return await listed(reads, queries.teams(caller, search, page.sort), page, as_file)


@router.get("/teams/{team_id}/members", response_model=Answer[MemberList])
async def team_members(
    reads: DbReads,
    caller: CanSeeOrganization,
    team_id: int,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """The active users of a team, without pages."""
    return await listed(reads, await queries.members(reads, caller, team_id, search, sort), None, as_file)
