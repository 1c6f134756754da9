"""Roles: shared by every client of the installation, therefore changed by its administrators only."""

import re
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.caller import Caller
from py360.kit.clock import version_of
from py360.kit.errors import Conflict, Forbidden, NotFound, PreconditionFailed
from py360.modules.identity import authentication, catalogue
from py360.modules.identity.errors import OneselfRefused
from py360.modules.identity.models import NO_KEY, Role, User
from py360.modules.identity.schemas import RoleChange
from py360.modules.identity.service import accounts


async def seed(session: AsyncSession) -> None:
    """Make sure every preset role exists. An office's own changes to them stay."""
    for preset in catalogue.PRESET_ROLES:
        await session.execute(
            insert(Role)
            .values(
                name=preset.name,
                display_name=preset.display_name,
                description=preset.description,
                permissions=list(preset.permissions),
                reach=preset.reach,
                is_system=True,
            )
            .on_conflict_do_nothing(index_elements=[Role.name])
        )


def _administrator(caller: Caller) -> None:
    if caller.role not in catalogue.SPAN_CLIENTS:
        raise Forbidden(
            "Roles are shared by all clients: only an administrator of the installation can change them.",
            code="roles_shared",
        )


def _check(permissions: Sequence[str]) -> list[str]:
    catalogue.refuse_unknown(permissions)
    return sorted(set(permissions))


def name_of(display_name: str) -> str:
    """The name made from a display name: lower case, whitespace to `_` (domain reference, 3.4)."""
    return re.sub(r"\s+", "_", display_name.strip().lower())[:50]


async def create(
    session: AsyncSession,
    caller: Caller,
    display_name: str,
    description: str | None,
    permissions: Sequence[str],
    reach: str,
) -> int:
    """Make a role; its id. Raises Conflict when one of that name exists."""
    _administrator(caller)
    name = name_of(display_name)
    if await session.scalar(select(Role.id).where(Role.name == name)):
        raise Conflict(f"There is a role called “{name}” already.", code="role_exists")
    role = Role(
        name=name, display_name=display_name, description=description, permissions=_check(permissions), reach=reach
    )
    session.add(role)
    await session.flush()  # the answer names the id
    return role.id


async def _locked(session: AsyncSession, role_id: int) -> Role:
    role = await session.get(Role, role_id, with_for_update=NO_KEY)
    if role is None:
        raise NotFound(f"There is no role {role_id}.")
    return role


async def change(
    session: AsyncSession, caller: Caller, role_id: int, new: RoleChange, version: int | None = None
) -> None:
    """Change a role; its name stays. Holders follow at once, their own overrides stay (domain reference, A 14)."""
    _administrator(caller)
    role = await _locked(session, role_id)
    if version is not None and version != version_of(role.updated_at):
        raise PreconditionFailed
    changes = new.given()
    if "permissions" in changes:
        changes["permissions"] = _check(new.permissions)
        if role.name == caller.role and "users" not in new.permissions:
            raise OneselfRefused("This would lock you out of user management. Ask another administrator.")
    for field, value in changes.items():
        setattr(role, field, value)
    authentication.forget()


async def delete(session: AsyncSession, caller: Caller, role_id: int) -> None:
    """Delete an office's own role that nobody holds; raises Conflict otherwise."""
    _administrator(caller)
    role = await _locked(session, role_id)
    if role.is_system:
        raise Conflict("System roles cannot be deleted. You can reset them to their defaults.", code="system_role")
    if holders := await accounts.holders(session, role.id):
        raise Conflict(f"{holders} user(s) still hold this role. Give them another one first.", code="role_in_use")
    await session.delete(role)


async def reset(session: AsyncSession, caller: Caller, role_id: int) -> None:
    """Put a preset role back to its defaults, and clear the overrides of all who hold it. Cannot be undone."""
    _administrator(caller)
    role = await _locked(session, role_id)
    preset = next((preset for preset in catalogue.PRESET_ROLES if preset.name == role.name), None)
    if preset is None:
        raise Conflict("Only the roles that come with the product have defaults.", code="no_defaults")
    role.permissions = list(preset.permissions)
    role.reach = preset.reach
    role.display_name, role.description = preset.display_name, preset.description
    await session.execute(
        update(User).where(User.role_id == role.id).values(granted_permissions=[], revoked_permissions=[])
    )
    authentication.forget()
