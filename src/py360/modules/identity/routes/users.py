"""Users, roles and the catalogue of permissions."""

from dataclasses import asdict
from typing import Annotated

from fastapi import Query, Response

from py360.kit.clock import version_of
from py360.kit.http import Answer, AsFile, DbReads, IfMatch, PageParams, Router, Search, Session, Sort, etag, listed, ok
from py360.modules.identity import catalogue, queries
from py360.modules.identity.access import CanManageUsers
from py360.modules.identity.schemas import PermissionsIn, RoleChange, RoleIn, RoleName, StatusIn, UserChange, UserIn
from py360.modules.identity.service import accounts, roles
from py360.modules.identity.views import (
    PermissionCatalogue,
    RoleDeleted,
    RoleList,
    RoleSaved,
    RoleView,
    UserDeleted,
    UserList,
    UserSaved,
    UserView,
)

router = Router()
Text = Annotated[str | None, Query(max_length=100)]


@router.get("/users", response_model=Answer[UserList])
async def list_users(
    reads: DbReads,
    caller: CanManageUsers,
    page: PageParams,
    search: Search = None,
    role: Text = None,
    status: Text = None,
    as_file: AsFile = None,
) -> Response:
    """Users of the caller's clients, by text in name or e-mail, role and status."""
    chosen = queries.UserFilter(search, role, status)
    return await listed(reads, queries.users(caller, chosen, page.sort), page, as_file)


@router.post("/users", status_code=201, response_model=Answer[UserSaved])
async def create_user(session: Session, caller: CanManageUsers, body: UserIn) -> Response:
    """Make an account and, unless the request says otherwise, send a welcome letter with a link to set the password."""
    user_id = await accounts.add(session, caller, body)
    user = await queries.one_user(session, caller, user_id)
    state = "can sign in now" if body.status == "active" else f"is {body.status} and cannot sign in yet"
    return ok({**user.to_public(), "message": f"{user.name} {state}."}, 201)


@router.get("/users/{user_id}", response_model=Answer[UserView])
async def read_user(session: Session, caller: CanManageUsers, user_id: int) -> Response:
    """One user."""
    user = await queries.one_user(session, caller, user_id)
    return ok(user.to_public(), headers=etag(version_of(user.updated_at)))


@router.put("/users/{user_id}", response_model=Answer[UserSaved])
async def change_user(
    session: Session, caller: CanManageUsers, user_id: int, body: UserChange, version: IfMatch
) -> Response:
    """Change the given fields of a user."""
    before = await queries.one_user(session, caller, user_id)
    await accounts.update(session, caller, user_id, body, version)
    body.as_shown(before.to_public())
    user = await queries.one_user(session, caller, user_id)
    return ok({**user.to_public(), "message": "The user was saved."}, headers=etag(version_of(user.updated_at)))


@router.delete("/users/{user_id}", response_model=Answer[UserDeleted])
async def delete_user(session: Session, caller: CanManageUsers, user_id: int) -> Response:
    """Take a user out of service: signed out, deactivated; their work stays on record."""
    await accounts.delete(session, caller, user_id)
    return ok(
        {
            "userId": user_id,
            "status": "inactive",
            "message": "The user can no longer sign in; their work stays on record.",
        }
    )


@router.put("/users/{user_id}/status", response_model=Answer[UserSaved])
async def set_status(session: Session, caller: CanManageUsers, user_id: int, body: StatusIn) -> Response:
    """Activate, deactivate or suspend a user."""
    await accounts.set_status(session, caller, user_id, body.status)
    user = await queries.one_user(session, caller, user_id)
    return ok({**user.to_public(), "message": f"The user is {body.status} now."})


@router.put("/users/{user_id}/role", response_model=Answer[UserSaved])
async def set_role(session: Session, caller: CanManageUsers, user_id: int, body: RoleName) -> Response:
    """Give a user another role; it counts at once, and earlier overrides go."""
    await accounts.set_role(session, caller, user_id, body.role)
    user = await queries.one_user(session, caller, user_id)
    return ok({**user.to_public(), "message": "The role was changed."})


@router.put("/users/{user_id}/permissions", response_model=Answer[UserSaved])
async def set_permissions(session: Session, caller: CanManageUsers, user_id: int, body: PermissionsIn) -> Response:
    """Let a user hold exactly these permissions, whatever their role; an empty list means the role's."""
    await accounts.set_permissions(session, caller, user_id, body.permissions)
    user = await queries.one_user(session, caller, user_id)
    return ok({**user.to_public(), "message": "The permissions were changed."})


@router.get("/permissions", response_model=Answer[PermissionCatalogue])
async def permissions(caller: CanManageUsers) -> Response:
    """The catalogue: 25 pages, and the features within pages."""
    return ok(
        {
            "permissions": [asdict(page) for page in catalogue.PAGES],
            "features": [asdict(feature) for feature in catalogue.FEATURES],
        }
    )


@router.get("/roles", response_model=Answer[RoleList])
async def list_roles(
    reads: DbReads, caller: CanManageUsers, search: Search = None, sort: Sort = None, as_file: AsFile = None
) -> Response:
    """Every role, with how many users of the caller's clients hold it; without pages."""
    return await listed(reads, queries.roles(caller, search, sort), None, as_file)


@router.post("/roles", status_code=201, response_model=Answer[RoleSaved])
async def create_role(session: Session, caller: CanManageUsers, body: RoleIn) -> Response:
    """Make a role; its name comes from the display name and never changes."""
    role_id = await roles.create(session, caller, body.display_name, body.description, body.permissions, body.reach)
    role = await queries.one_role(session, caller, role_id)
    return ok({**role.to_public(), "message": "The role was made."}, 201)


@router.get("/roles/{role_id}", response_model=Answer[RoleView])
async def read_role(session: Session, caller: CanManageUsers, role_id: int) -> Response:
    """One role."""
    role = await queries.one_role(session, caller, role_id)
    return ok(role.to_public(), headers=etag(version_of(role.updated_at)))


@router.put("/roles/{role_id}", response_model=Answer[RoleSaved])
async def change_role(
    session: Session, caller: CanManageUsers, role_id: int, body: RoleChange, version: IfMatch
) -> Response:
    """Change a role; it counts at once for all who hold it."""
    before = await queries.one_role(session, caller, role_id)
    await roles.change(session, caller, role_id, body, version)
    body.as_shown(before.to_public())
    role = await queries.one_role(session, caller, role_id)
    return ok({**role.to_public(), "message": "The role was saved."}, headers=etag(version_of(role.updated_at)))


@router.delete("/roles/{role_id}", response_model=Answer[RoleDeleted])
async def delete_role(session: Session, caller: CanManageUsers, role_id: int) -> Response:
    """Delete a role that is no preset and that nobody holds."""
    await roles.delete(session, caller, role_id)
    return ok({"roleId": role_id, "message": "The role was deleted."})


@router.post("/roles/{role_id}/reset", response_model=Answer[RoleSaved])
async def reset_role(session: Session, caller: CanManageUsers, role_id: int) -> Response:
    """Put a preset role and everybody who holds it back to the defaults. Cannot be undone."""
    await roles.reset(session, caller, role_id)
    role = await queries.one_role(session, caller, role_id)
    return ok({**role.to_public(), "message": "The role has its defaults again."})
