"""Reading users, roles and sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.kit.wire import camel
from py360.modules.identity import catalogue

_USER: Final = """
    select u.id, u.email, u.first_name, u.last_name, u.phone, u.department, u.job_title, u.status, u.avatar_url,
           u.portal_language, u.preferences, u.granted_permissions, u.revoked_permissions, u.last_login,
           u.password_changed_at, u.require_password_change, u.mfa_enabled, u.locked_until, u.created_at, u.updated_at,
           u.client_id, c.client_name, r.name as role, r.display_name as role_name, r.permissions as role_permissions,
           r.reach, h.node_id
    from users u
    join clients c on c.id = u.client_id
    left join roles r on r.id = u.role_id
    left join organization_public_homes h on h.user_id = u.id
"""

_SORTS: Final = {
    "name": "lower(u.first_name || ' ' || u.last_name)",
    "email": "u.email",
    "role": "r.name nulls last",
    "status": "u.status",
    "department": "u.department nulls last",
    "lastLogin": "u.last_login nulls last",
    "createdAt": "u.created_at",
}


def shown_user(row: Mapping[str, Any]) -> dict[str, Any]:
    """A user of the wire (domain reference, 3.3). `permissions` is the set they hold, role and overrides taken together."""
    sets = (row["role_permissions"] or (), row["granted_permissions"], row["revoked_permissions"])
    return {
        "id": row["id"],
        "name": f"{row['first_name']} {row['last_name']}".strip(),
        "firstName": row["first_name"],
        "lastName": row["last_name"],
        "email": row["email"],
        "phone": row["phone"],
        "department": row["department"],
        "jobTitle": row["job_title"],
        "role": row["role"],
        "roleName": row["role_name"],
        "reach": row["reach"] or "own",
        "status": row["status"],
        "permissions": sorted(catalogue.held(*sets)),
        "featurePermissions": sorted(catalogue.permitted(*sets) - catalogue.PAGE_IDS),
        "grantedPermissions": sorted(row["granted_permissions"]),
        "revokedPermissions": sorted(row["revoked_permissions"]),
        "portalLanguage": row["portal_language"],
        "avatarUrl": row["avatar_url"],
        "mfaEnabled": row["mfa_enabled"],
        "requirePasswordChange": row["require_password_change"],
        "lockedUntil": row["locked_until"],
        "lastLogin": row["last_login"],
        "clientId": row["client_id"],
        "clientName": row["client_name"],
        "nodeId": row["node_id"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


async def me(session: AsyncSession, user_id: int) -> dict[str, Any]:
    """The user of login and `GET /auth/me` (domain reference, 3.1)."""
    await session.flush()  # a sign-in reads what it has just written
    row = await db.one(session, f"{_USER} where u.id = %(id)s", {"id": user_id})
    if row is None:
        raise NotFound("There is no such user.")
    user = shown_user(row)
    shown = {
        key: user[key]
        for key in (
            "id", "name", "firstName", "lastName", "email", "role", "roleName", "reach", "portalLanguage", "permissions",
            "featurePermissions", "clientId", "clientName", "avatarUrl", "mfaEnabled", "requirePasswordChange",
        )
    }  # fmt: skip
    return {**shown, "readOnly": user["role"] in catalogue.READ_ONLY_ROLES}


async def one_user(session: AsyncSession, caller: Caller, user_id: int) -> dict[str, Any]:
    """A user within the caller's clients; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    row = await db.one(
        session,
        f"{_USER} where u.id = %(id)s and u.client_id = any(%(clients)s)",
        {"id": user_id, "clients": list(caller.client_ids)},
    )
    if row is None:
        raise NotFound(f"There is no user {user_id}.")
    return shown_user(row)


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users: text in name or e-mail, role, status; None or `all` means any."""

    search: str | None = None
    role: str | None = None
    status: str | None = None

    def where(self, caller: Caller) -> tuple[str, dict[str, Any]]:
        """The predicate, which starts from the caller's clients, and its parameters."""
        parts = ["u.client_id = any(%(clients)s)"]
        wanted: dict[str, Any] = {"clients": list(caller.client_ids)}
        if self.search:
            parts.append("(u.first_name || ' ' || u.last_name ilike %(search)s or u.email ilike %(search)s)")
            wanted["search"] = containing(self.search)
        if self.role and self.role != "all":
            parts.append("r.name = %(role)s")
            wanted["role"] = self.role
        if self.status and self.status != "all":
            parts.append("u.status = %(status)s")
            wanted["status"] = self.status
        return " and ".join(parts), wanted


def users(caller: Caller, chosen: UserFilter, sort: str | None) -> Listing:
    """The users within the caller's clients."""
    where, params = chosen.where(caller)
    return Listing(
        "users",
        _USER,
        where,
        ordering(sort, _SORTS, "name", "u.id"),
        params,
        shown_user,
        (
            "id", "name", "email", "phone", "department", "jobTitle", "roleName", "status", "clientName", "lastLogin",
            "createdAt",
        ),
    )  # fmt: skip


# Counts only the users of the caller's clients: a role is shared, its holders are not.
_ROLE: Final = """
    select r.id, r.name, r.display_name, r.description, r.permissions, r.reach, r.is_system, r.created_at, r.updated_at,
           (select count(*) from users u where u.role_id = r.id and u.client_id = any(%(clients)s)) as user_count
    from roles r
"""


def _shown_role(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"],
        "displayName": row["display_name"],
        "description": row["description"],
        "permissions": row["permissions"],
        "reach": row["reach"],
        "isSystem": row["is_system"],
        "userCount": row["user_count"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
    }


def roles(caller: Caller, search: str | None, sort: str | None) -> Listing:
    """Every role: the presets first, then the office's own."""
    known = {
        "id": "r.is_system desc, r.id",
        "name": "r.name",
        "displayName": "lower(r.display_name)",
        "createdAt": "r.created_at",
    }
    return Listing(
        "roles",
        _ROLE,
        "(%(search)s::text is null or r.display_name ilike %(search)s or r.name ilike %(search)s)",
        ordering(sort, known, "id", "r.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        _shown_role,
        ("name", "displayName", "description", "reach", "isSystem", "userCount", "permissions"),
    )


async def one_role(session: AsyncSession, caller: Caller, role_id: int) -> dict[str, Any]:
    """One role; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    row = await db.one(session, f"{_ROLE} where r.id = %(id)s", {"id": role_id, "clients": list(caller.client_ids)})
    if row is None:
        raise NotFound(f"There is no role {role_id}.")
    return _shown_role(row)


async def open_sessions(reads: Reads, caller: Caller) -> list[dict[str, Any]]:
    """The caller's own open sessions, the latest used first."""
    rows: Sequence[Mapping[str, Any]] = await reads.all(
        "select id, host(ip_address) as ip_address, user_agent, created_at, last_activity, expires_at from user_sessions"
        " where user_id = %(user)s and revoked_at is null and expires_at > now() order by last_activity desc",
        {"user": caller.user_id},
    )
    return [
        {
            "id": row["id"],
            "ipAddress": row["ip_address"],
            "userAgent": row["user_agent"],
            "createdAt": row["created_at"],
            "lastActivity": row["last_activity"],
            "expiresAt": row["expires_at"],
            "current": row["id"] == caller.session_id,
        }
        for row in rows
    ]


_CLIENT: Final = """
    select c.*, (select count(*) from users u where u.client_id = c.id and u.status = 'active') as user_count from clients c
"""


def clients(caller: Caller, search: str | None, sort: str | None) -> Listing:
    """The caller's clients."""
    known = {"clientName": "lower(c.client_name)", "clientCode": "c.client_code", "createdAt": "c.created_at"}
    return Listing(
        "clients",
        _CLIENT,
        "c.id = any(%(clients)s) and (%(search)s::text is null or c.client_name ilike %(search)s)",
        ordering(sort, known, "clientName", "c.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        camel,
        ("clientCode", "clientName", "industry", "contactEmail", "contactPhone", "isActive", "userCount", "createdAt"),
    )


async def one_client(session: AsyncSession, client_id: int) -> dict[str, Any]:
    """One client; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    row = await db.one(session, "select * from clients where id = %(id)s", {"id": client_id})
    if row is None:
        raise NotFound(f"There is no client {client_id}.")
    return camel(row)
