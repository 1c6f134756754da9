"""Changing the tree and people's homes in it.

Changes of the tree's shape take one lock, so that two moves at once cannot make a circle. A path is the chain of node
numbers from the root (`1.4.9`): everything below a node is one index look-up. A tree belongs to one client, and so does
everybody who has a home in it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.kit.caller import Caller
from py360.kit.clock import version_of
from py360.kit.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from py360.modules.identity import api as identity
from py360.modules.organization.queries import not_found
from py360.modules.organization.schemas import NodeChange, NodeIn

LEVELS: Final = ("region", "state", "branch", "department", "team")  # from the root down
_COLUMNS: Final = ("name", "manager_id", "description", "budget", "target_cases", "status")
_BRANCH: Final = {"branch_code": "code", "ifsc": "ifsc"}
_ADD_NODE: Final = sql.read(__file__, "add_node")
_MOVE_NODE: Final = sql.read(__file__, "move_node")
_DATE_PATHS: Final = sql.read(__file__, "date_paths")

# A node the caller may change: of one of their clients, and for reach other than `all` their home or below it.
_LOCK_NODE: Final = """
select n.id, n.client_id, n.name, n.type, n.parent_id, n.path::text as path, n.updated_at from organizational_hierarchy n
where n.id = %(id)s and n.client_id = any(%(clients)s)
  and (%(everything)s or n.path <@ (select home.path from organizational_hierarchy home where home.id = %(home)s))
for update of n
"""
# The homes that end or are dropped when a user gets another home on a day: those of the day and of later plans.
_HOMES_FROM: Final = """
select n.path <@ (select home.path from organizational_hierarchy home where home.id = %(home)s) as within
from user_home_nodes h join organizational_hierarchy n on n.id = h.node_id
where h.user_id = %(user)s and (h.valid_to is null or h.valid_to > %(day)s)
"""


@dataclass(frozen=True, slots=True)
class _Node:
    """A locked node."""

    id: int
    client_id: int
    name: str
    type: str
    parent_id: int | None
    path: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class _Uses:
    """What is in the way of deleting a node."""

    children: bool
    people: bool
    history: bool
    cases: bool


async def _lock_shape(session: AsyncSession) -> None:
    await db.execute(session, "select pg_advisory_xact_lock(hashtext('organizational_hierarchy'))")


def managers_only(caller: Caller) -> None:
    """Raise Forbidden unless the caller answers for a part of the organisation, or for all of it."""
    if caller.reach not in ("subtree", "all"):
        raise Forbidden("Only managers and administrators change the organisation.", code="not_a_manager")


async def _lock_node(session: AsyncSession, caller: Caller, node_id: int) -> _Node:
    """Lock a node the caller may change; raises NotFound."""
    values = {
        "id": node_id,
        "clients": list(caller.client_ids),
        "everything": caller.reach == "all",
        "home": caller.node_id,
    }
    node = await db.fetch_one(session, _Node, _LOCK_NODE, values)
    if node is None:
        raise not_found(node_id)
    return node


def _check_level(kind: str, parent: _Node | None) -> None:
    """Raise unless the parent stands exactly one level above (domain reference, 24)."""
    level = LEVELS.index(kind)
    wanted = LEVELS[level - 1] if level else None
    actual = parent.type if parent else None
    if wanted == actual:
        return
    needs = f"belongs under a {wanted}" if wanted else "is a root and has no parent"
    raise Invalid(f"A {kind} {needs}.", code="wrong_level", details=[{"field": "parentId", "message": needs}])


async def _check_name_free(
    session: AsyncSession, client_id: int, name: str, parent_id: int | None, but: int = 0
) -> None:
    taken = await db.fetch_one(
        session,
        int,
        "select 1 from organizational_hierarchy where client_id = %(client)s and coalesce(parent_id, 0) = %(parent)s"
        " and lower(name) = lower(%(name)s) and id <> %(but)s",
        {"client": client_id, "parent": parent_id or 0, "name": name, "but": but},
    )
    if taken:
        raise Conflict(f"There is a “{name}” here already. Choose another name.", code="name_taken")


async def _manager_name(session: AsyncSession, client_id: int, manager_id: int | None) -> str | None:
    if manager_id is None:
        return None
    person = (await identity.people(session, [manager_id])).get(manager_id)
    if person is None or person.client_id != client_id:
        raise Invalid(
            "There is no such user to be the manager.", details=[{"field": "managerId", "message": "unknown user"}]
        )
    return person.name


async def add(session: AsyncSession, caller: Caller, new: NodeIn) -> int:
    """Add a node; its number. A region belongs to the caller's client, any other node to its parent's.

    A branch also gets the code under which policy files know it. Raises Forbidden, NotFound, Invalid and Conflict.
    """
    managers_only(caller)
    await _lock_shape(session)
    parent = await _lock_node(session, caller, new.parent_id) if new.parent_id else None
    if parent is None and caller.reach != "all":
        raise Forbidden("Only administrators add a region.", code="not_an_administrator")
    _check_level(new.type, parent)
    client_id = parent.client_id if parent else caller.client_id
    await _check_name_free(session, client_id, new.name, parent.id if parent else None)
    values = {
        **new.model_dump(),
        "client_id": client_id,
        "manager_name": await _manager_name(session, client_id, new.manager_id),
        "above": parent.path + "." if parent else "",
    }
    node_id = await db.fetch_only(session, int, _ADD_NODE, values)
    identity.forget_callers()
    if new.type == "branch":
        await _add_branch(session, client_id, node_id, new)
    return node_id


async def _add_branch(session: AsyncSession, client_id: int, node_id: int, new: NodeIn) -> None:
    code = new.branch_code or f"BR-{node_id}"
    await _check_code_free(session, client_id, code, node_id)
    await db.execute(
        session,
        "insert into branches (client_id, code, name, hierarchy_node_id, ifsc)"
        " values (%(client)s, %(code)s, %(name)s, %(node)s, %(ifsc)s)",
        {"client": client_id, "code": code, "name": new.name, "node": node_id, "ifsc": new.ifsc},
    )


async def _check_code_free(session: AsyncSession, client_id: int, code: str, node_id: int) -> None:
    taken = await db.fetch_one(
        session,
        int,
        "select 1 from branches where client_id = %(client)s and lower(code) = lower(%(code)s)"
        " and hierarchy_node_id is distinct from %(node)s",
        {"client": client_id, "code": code, "node": node_id},
    )
    if taken:
        raise Conflict(f"Another branch has the code {code}. Choose another one.", code="branch_code_taken")


async def change(
    session: AsyncSession, caller: Caller, node_id: int, new: NodeChange, version: int | None = None
) -> None:
    """Change the given fields of a node; raises PreconditionFailed when `version` is no longer its own."""
    managers_only(caller)
    node = await _lock_node(session, caller, node_id)
    if version is not None and version != version_of(node.updated_at):
        raise PreconditionFailed
    fields = new.given()
    if "name" in fields:
        await _check_name_free(session, node.client_id, new.name, node.parent_id, node_id)
    values: dict[str, object] = {key: fields[key] for key in _COLUMNS if key in fields}
    if "manager_id" in values:
        values["manager_name"] = await _manager_name(session, node.client_id, new.manager_id)
    if values:
        await db.execute(
            session,
            f"update organizational_hierarchy set {', '.join(f'{key} = %({key})s' for key in values)} where id = %(id)s",
            {**values, "id": node_id},
        )
    if node.type == "branch":
        await _change_branch(session, node, new)


async def _change_branch(session: AsyncSession, node: _Node, new: NodeChange) -> None:
    fields = new.given()
    values = {column: fields[key] for key, column in {"name": "name", **_BRANCH}.items() if key in fields}
    if "code" in values:
        await _check_code_free(session, node.client_id, new.branch_code, node.id)
    if "status" in fields and new.status != "restructuring":
        values["status"] = new.status
    if values:
        await db.execute(
            session,
            f"update branches set {', '.join(f'{key} = %({key})s' for key in values)} where hierarchy_node_id = %(id)s",
            {**values, "id": node.id},
        )


async def move(session: AsyncSession, caller: Caller, node_id: int, parent_id: int) -> None:
    """Move a node, with everything below it, under another parent of the same client. Raises NotFound, Invalid, Conflict."""
    managers_only(caller)
    await _lock_shape(session)
    node = await _lock_node(session, caller, node_id)
    parent = await _lock_node(session, caller, parent_id)
    if parent.client_id != node.client_id:
        raise Invalid(
            "A node cannot move to another client's organisation.",
            code="other_client",
            details=[{"field": "parentId", "message": "belongs to another client"}],
        )
    if str(node_id) in parent.path.split("."):
        raise Conflict("A node cannot be moved under itself or under a node below it.", code="circle")
    _check_level(node.type, parent)
    await _check_name_free(session, node.client_id, node.name, parent_id, node_id)
    dated = {"id": node_id, "parent": parent_id, "today": resources.current().clock.today()}
    for statement in _DATE_PATHS.split(";"):
        await db.execute(session, statement, dated)
    await db.execute(session, _MOVE_NODE, {"id": node_id, "parent": parent_id})
    identity.forget_callers()


async def delete(session: AsyncSession, caller: Caller, node_id: int) -> None:
    """Delete a node that has neither children nor cases nor people, now or in the past; raises Conflict otherwise."""
    managers_only(caller)
    await _lock_shape(session)
    await _lock_node(session, caller, node_id)
    uses = await db.fetch_only(
        session,
        _Uses,
        "select exists (select 1 from organizational_hierarchy where parent_id = %(id)s) as children,"
        " exists (select 1 from organization_public_homes where node_id = %(id)s) as people,"
        " exists (select 1 from user_home_nodes where node_id = %(id)s) as history,"
        " exists (select 1 from cases_public_case where node_id = %(id)s) as cases",
        {"id": node_id},
    )
    if uses.children:
        raise Conflict("There are branches or teams below this one. Move or delete them first.", code="has_children")
    if uses.people:
        raise Conflict("People have their home here. Move them to another team or branch first.", code="has_members")
    if uses.history:
        raise Conflict(
            "People had their home here, and past figures count them here. Set it inactive instead.", code="has_history"
        )
    if uses.cases:
        raise Conflict(
            "Cases belong to this unit, and only its people reach them. Set it inactive instead.", code="has_cases"
        )
    await db.execute(
        session, "update branches set status = 'inactive' where hierarchy_node_id = %(id)s", {"id": node_id}
    )
    await db.execute(session, "delete from organizational_hierarchy where id = %(id)s", {"id": node_id})


async def _check_user(session: AsyncSession, caller: Caller, client_id: int, user_id: int, day: date) -> None:
    """Raise unless the user is of this client and every home of theirs from that day on is within the caller's reach.

    A home decides what its owner reaches, and who reaches the owner's cases and uploads. A user without a home is within
    the reach `all` only. Raises NotFound, whatever the reason: the answer does not show who exists elsewhere.
    """
    person = (await identity.people(session, [user_id])).get(user_id)
    if person is None or person.client_id != client_id:
        raise NotFound(f"There is no user {user_id} within your reach.")
    if caller.reach == "all":
        return
    values = {"home": caller.node_id, "user": user_id, "day": day}
    homes = await db.fetch_all(session, bool, _HOMES_FROM, values)
    if not homes or not all(homes):
        raise NotFound(f"There is no user {user_id} within your reach.")


async def place(session: AsyncSession, caller: Caller, user_id: int, node_id: int, valid_from: date | None) -> None:
    """Give a user their home in a node from a day on; where they were before stays on record.

    The caller must reach the node and every home that this ends or drops. Raises Forbidden and NotFound.
    """
    managers_only(caller)
    node = await _lock_node(session, caller, node_id)
    today = resources.current().clock.today()
    day = valid_from or today
    await _check_user(session, caller, node.client_id, user_id, min(day, today))
    await set_home(session, user_id, node_id, day)


async def set_home(session: AsyncSession, user_id: int, node_id: int | None, valid_from: date) -> None:
    """End a user's present home on a day and begin the next one, if any; later plans are dropped."""
    day = {"user": user_id, "node": node_id, "day": valid_from}
    await db.execute(session, "delete from user_home_nodes where user_id = %(user)s and valid_from >= %(day)s", day)
    await db.execute(
        session,
        "update user_home_nodes set valid_to = %(day)s where user_id = %(user)s and (valid_to is null or valid_to > %(day)s)",
        day,
    )
    if node_id is not None:
        await db.execute(
            session,
            "insert into user_home_nodes (user_id, node_id, valid_from) values (%(user)s, %(node)s, %(day)s)",
            day,
        )
    identity.forget_callers()


async def remove(session: AsyncSession, caller: Caller, user_id: int, node_id: int) -> None:
    """End a user's home in a node today, and with it later plans; raises NotFound when it is not there."""
    managers_only(caller)
    node = await _lock_node(session, caller, node_id)
    today = resources.current().clock.today()
    await _check_user(session, caller, node.client_id, user_id, today)
    at_home = await db.fetch_one(
        session,
        int,
        "select 1 from organization_public_homes where user_id = %(user)s and node_id = %(node)s",
        {"user": user_id, "node": node_id},
    )
    if not at_home:
        raise NotFound(f"User {user_id} does not have their home here.")
    await set_home(session, user_id, None, today)
