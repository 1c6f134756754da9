"""The HTTP face of organization."""

from fastapi import APIRouter, Response

from py360.kit.clock import version_of
from py360.kit.http import AsFile, DbReads, IfMatch, PageParams, Search, Session, Sort, etag, listed, ok
from py360.modules.organization import queries, service
from py360.modules.organization.access import CanChangeOrganization, CanSeeOrganization
from py360.modules.organization.schemas import Home, Move, NodeChange, NodeIn, given

router = APIRouter()


@router.get("/hierarchy")
async def hierarchy(reads: DbReads, caller: CanSeeOrganization) -> Response:
    """One's part of the organisation as a tree; figures include what is below."""
    return ok({"nodes": await queries.tree(reads, caller)})


@router.post("/hierarchy/nodes", status_code=201)
async def add_node(session: Session, caller: CanChangeOrganization, body: NodeIn) -> Response:
    """Add a region, state, branch, department or team; each stands under a node of the level above."""
    node_id = await service.add(session, caller, given(body))
    return ok({**await queries.one(session, caller, node_id), "message": "It is added."}, 201)


@router.get("/hierarchy/nodes/{node_id}")
async def read_node(session: Session, caller: CanSeeOrganization, node_id: int) -> Response:
    """One node."""
    node = await queries.one(session, caller, node_id)
    return ok(node, headers=etag(version_of(node["updatedAt"])))


@router.put("/hierarchy/nodes/{node_id}")
async def change_node(
    session: Session, caller: CanChangeOrganization, node_id: int, body: NodeChange, version: IfMatch
) -> Response:
    """Change the given fields of a node."""
    service.managers_only(caller)
    before = await queries.one(session, caller, node_id)
    await service.change(session, caller, node_id, given(body), version)
    body.as_shown(before)
    node = await queries.one(session, caller, node_id)
    return ok({**node, "message": "It is saved."}, headers=etag(version_of(node["updatedAt"])))


@router.delete("/hierarchy/nodes/{node_id}")
async def delete_node(session: Session, caller: CanChangeOrganization, node_id: int) -> Response:
    """Delete a node without children and without people."""
    await service.delete(session, caller, node_id)
    return ok({"nodeId": node_id, "message": "It is deleted."})


@router.put("/hierarchy/nodes/{node_id}/move")
async def move_node(session: Session, caller: CanChangeOrganization, node_id: int, body: Move) -> Response:
    """Hang a node and everything below it under another parent of the same level as before."""
    await service.move(session, caller, node_id, body.parent_id)
    return ok({**await queries.one(session, caller, node_id), "message": "It is moved, with all that is below it."})


@router.get("/hierarchy/{node_id}/members")
async def node_members(
    reads: DbReads,
    caller: CanSeeOrganization,
    node_id: int,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """Whose home is this node today; not cut into pages."""
    return await listed(reads, await queries.members(reads, caller, node_id, search, sort), None, as_file)


@router.put("/hierarchy/{node_id}/members/{user_id}")
async def settle(session: Session, caller: CanChangeOrganization, node_id: int, user_id: int, body: Home) -> Response:
    """Give a user their home here, from today or a given day; a user has one home at a time."""
    await service.settle(session, caller, user_id, node_id, body.valid_from)
    return ok({"nodeId": node_id, "userId": user_id, "message": "They belong here, from the day given."})


@router.delete("/hierarchy/{node_id}/members/{user_id}")
async def unsettle(session: Session, caller: CanChangeOrganization, node_id: int, user_id: int) -> Response:
    """End a user's home here today."""
    await service.unsettle(session, caller, user_id, node_id)
    return ok({"nodeId": node_id, "userId": user_id, "message": "They belong here no more."})


@router.get("/teams")
async def teams(
    reads: DbReads, caller: CanSeeOrganization, page: PageParams, search: Search = None, as_file: AsFile = None
) -> Response:
    """The teams one sees."""
    return await listed(reads, queries.teams(caller, search, page.sort), page, as_file)


@router.get("/teams/{team_id}/members")
async def team_members(
    reads: DbReads,
    caller: CanSeeOrganization,
    team_id: int,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """The people of a team; not cut into pages."""
    return await listed(reads, await queries.members(reads, caller, team_id, search, sort), None, as_file)
