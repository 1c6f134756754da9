"""Changing the tree and people's homes in it.

Changes of the tree's shape take one lock, so that two moves at once cannot make a circle. A path is the chain of node
numbers from the root (`1.4.9`): everything below a node is one index look-up.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.kit.clock import version_of
from py360.kit.db import Row
from py360.kit.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from py360.modules.identity import api as identity
from py360.modules.organization.queries import not_found

LEVELS: Final = ("region", "state", "branch", "department", "team")  # from the root down
_COLUMNS: Final = ("name", "manager_id", "description", "budget", "target_cases", "status")
_BRANCH: Final = {"branch_code": "code", "ifsc": "ifsc"}


async def _shape_lock(session: AsyncSession) -> None:
    await db.execute(session, "select pg_advisory_xact_lock(hashtext('organizational_hierarchy'))")


def managers_only(caller: Caller) -> None:
    """Raise Forbidden unless the caller answers for a part of the organisation, or for all of it."""
    if caller.reach not in ("subtree", "all"):
        raise Forbidden("Only managers and administrators change the organisation.", code="not_a_manager")


async def _node(session: AsyncSession, caller: Caller, node_id: int) -> Row:
    """A node the caller may change: any for reach `all`, else their own and those below; raises NotFound."""
    node = await db.one(
        session,
        "select n.*, n.path::text as path_text from organizational_hierarchy n where n.id = %(id)s and (%(everything)s or n.path <@"
        " (select home.path from organizational_hierarchy home where home.id = %(home)s)) for update of n",
        {"id": node_id, "everything": caller.reach == "all", "home": caller.node_id},
    )
    if node is None:
        raise not_found(node_id)
    return node


def _fits(kind: str, parent: Mapping[str, Any] | None) -> None:
    """Raise unless the parent stands exactly one level above (domain reference, 24)."""
    level = LEVELS.index(kind)
    wanted = LEVELS[level - 1] if level else None
    actual = parent["type"] if parent else None
    if wanted == actual:
        return
    needs = f"stands under a {wanted}" if wanted else "is a root and has no parent"
    raise Invalid(f"A {kind} {needs}.", code="wrong_level", details=[{"field": "parentId", "message": needs}])


async def _name_free(session: AsyncSession, name: str, parent_id: int | None, but: int = 0) -> None:
    taken = await db.value(
        session,
        "select 1 from organizational_hierarchy where coalesce(parent_id, 0) = %(parent)s and lower(name) = lower(%(name)s)"
        " and id <> %(but)s",
        {"parent": parent_id or 0, "name": name, "but": but},
    )
    if taken:
        raise Conflict(f"“{name}” exists here already.", code="name_taken")


async def _manager_name(session: AsyncSession, caller: Caller, manager_id: int | None) -> str | None:
    if manager_id is None:
        return None
    person = (await identity.people(session, [manager_id])).get(manager_id)
    if person is None or person.client_id not in caller.client_ids:
        raise Invalid(
            "There is no such user to be the manager.", details=[{"field": "managerId", "message": "unknown user"}]
        )
    return person.name


async def add(session: AsyncSession, caller: Caller, fields: dict[str, Any]) -> int:
    """Add a node; its number. A branch also gets the code under which policy files know it."""
    managers_only(caller)
    await _shape_lock(session)
    parent = await _node(session, caller, fields["parent_id"]) if fields.get("parent_id") else None
    if parent is None and caller.reach != "all":
        raise Forbidden("Only administrators add a region.", code="not_an_administrator")
    _fits(fields["type"], parent)
    await _name_free(session, fields["name"], parent["id"] if parent else None)
    values = {key: fields.get(key) for key in (*_COLUMNS, "type", "parent_id")}
    values["status"] = values["status"] or "active"
    values["manager_name"] = await _manager_name(session, caller, values["manager_id"])
    values["above"] = parent["path_text"] + "." if parent else ""
    node_id: int = await db.value(
        session,
        """
        with new as (select nextval(pg_get_serial_sequence('organizational_hierarchy', 'id')) as id)
        insert into organizational_hierarchy
          (id, name, type, parent_id, path, manager_id, manager_name, description, budget, target_cases, status)
        select new.id, %(name)s, %(type)s, %(parent_id)s, (%(above)s || new.id)::ltree, %(manager_id)s, %(manager_name)s,
               %(description)s, %(budget)s, %(target_cases)s, %(status)s
        from new returning id
        """,
        values,
    )
    if fields["type"] == "branch":
        code = fields.get("branch_code") or f"BR-{node_id}"
        await _branch_code_free(session, code, node_id)
        await db.execute(
            session,
            "insert into branches (code, name, hierarchy_node_id, ifsc) values (%(code)s, %(name)s, %(node)s, %(ifsc)s)",
            {"code": code, "name": fields["name"], "node": node_id, "ifsc": fields.get("ifsc")},
        )
    return node_id


async def _branch_code_free(session: AsyncSession, code: str, node_id: int) -> None:
    taken = await db.value(
        session,
        "select 1 from branches where lower(code) = lower(%(code)s) and hierarchy_node_id is distinct from %(node)s",
        {"code": code, "node": node_id},
    )
    if taken:
        raise Conflict(f"The branch code {code} is in use.", code="branch_code_taken")


async def change(
    session: AsyncSession, caller: Caller, node_id: int, fields: dict[str, Any], version: int | None = None
) -> None:
    """Change the given fields of a node; raises PreconditionFailed when `version` is no longer its own."""
    managers_only(caller)
    node = await _node(session, caller, node_id)
    if version is not None and version != version_of(node["updated_at"]):
        raise PreconditionFailed
    if "name" in fields:
        await _name_free(session, fields["name"], node["parent_id"], node_id)
    values: dict[str, Any] = {key: fields[key] for key in _COLUMNS if key in fields}
    if "manager_id" in values:
        values["manager_name"] = await _manager_name(session, caller, values["manager_id"])
    if values:
        await db.execute(
            session,
            f"update organizational_hierarchy set {', '.join(f'{key} = %({key})s' for key in values)} where id = %(id)s",
            {**values, "id": node_id},
        )
    if node["type"] == "branch":
        await _change_branch(session, node_id, fields)


async def _change_branch(session: AsyncSession, node_id: int, fields: Mapping[str, Any]) -> None:
    values = {column: fields[key] for key, column in {"name": "name", **_BRANCH}.items() if key in fields}
    if "code" in values:
        await _branch_code_free(session, values["code"], node_id)
    if fields.get("status") in ("active", "inactive"):
        values["status"] = fields["status"]
    if values:
        await db.execute(
            session,
            f"update branches set {', '.join(f'{key} = %({key})s' for key in values)} where hierarchy_node_id = %(id)s",
            {**values, "id": node_id},
        )


async def move(session: AsyncSession, caller: Caller, node_id: int, parent_id: int) -> None:
    """Hang a node, with everything below it, under another parent."""
    managers_only(caller)
    await _shape_lock(session)
    node = await _node(session, caller, node_id)
    parent = await _node(session, caller, parent_id)
    if str(node_id) in parent["path_text"].split("."):
        raise Conflict("Nothing can be moved under itself or under what is below it.", code="circle")
    _fits(node["type"], parent)
    await _name_free(session, node["name"], parent_id, node_id)
    await db.execute(
        session,
        """
        update organizational_hierarchy n
        set path = p.path || subpath(n.path, nlevel(moved.path) - 1),
            parent_id = case when n.id = moved.id then p.id else n.parent_id end
        from organizational_hierarchy moved, organizational_hierarchy p
        where moved.id = %(id)s and p.id = %(parent)s and n.path <@ moved.path
        """,
        {"id": node_id, "parent": parent_id},
    )
    identity.forget_callers()


async def delete(session: AsyncSession, caller: Caller, node_id: int) -> None:
    """Delete a node that has neither children nor people, now or in the past; raises Conflict otherwise."""
    managers_only(caller)
    await _shape_lock(session)
    await _node(session, caller, node_id)
    has = await db.one(
        session,
        "select exists (select 1 from organizational_hierarchy where parent_id = %(id)s) as children,"
        " exists (select 1 from organization_public_homes where node_id = %(id)s) as people,"
        " exists (select 1 from user_home_nodes where node_id = %(id)s) as history",
        {"id": node_id},
    )
    assert has is not None
    if has["children"]:
        raise Conflict("Branches or teams stand below this one. Move or delete them first.", code="has_children")
    if has["people"]:
        raise Conflict("People belong here. Move them to another team or branch first.", code="has_members")
    if has["history"]:
        raise Conflict(
            "People belonged here, and past figures count them here. Set it inactive instead.", code="has_history"
        )
    await db.execute(
        session, "update branches set status = 'inactive' where hierarchy_node_id = %(id)s", {"id": node_id}
    )
    await db.execute(session, "delete from organizational_hierarchy where id = %(id)s", {"id": node_id})


async def settle(session: AsyncSession, caller: Caller, user_id: int, node_id: int, valid_from: date | None) -> None:
    """Give a user their home in a node from a day on; where they were before stays on record."""
    managers_only(caller)
    await _node(session, caller, node_id)
    person = (await identity.people(session, [user_id])).get(user_id)
    if person is None or person.client_id not in caller.client_ids:
        raise NotFound(f"There is no user {user_id}.")
    await set_home(session, user_id, node_id, valid_from or resources.current().clock.today())


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


async def unsettle(session: AsyncSession, caller: Caller, user_id: int, node_id: int) -> None:
    """End a user's home in a node today; raises NotFound when it is not there."""
    managers_only(caller)
    await _node(session, caller, node_id)
    at_home = await db.value(
        session,
        "select 1 from organization_public_homes h join identity_public_users u on u.id = h.user_id"
        " where h.user_id = %(user)s and h.node_id = %(node)s and u.client_id = any(%(clients)s)",
        {"user": user_id, "node": node_id, "clients": list(caller.client_ids)},
    )
    if not at_home:
        raise NotFound(f"User {user_id} does not belong here.")
    await set_home(session, user_id, None, resources.current().clock.today())
