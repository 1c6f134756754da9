"""Reading users, roles and sessions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller
from py360.kit.errors import BadRequest, NotFound
from py360.kit.export import Column, Export, export
from py360.kit.paging import Page, pagination
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
    left join user_home_nodes h on h.user_id = u.id
      and h.valid_from <= (now() at time zone 'Asia/Kolkata')::date
      and (h.valid_to is null or h.valid_to > (now() at time zone 'Asia/Kolkata')::date)
"""

_SORTS: Final = {
    "name": "lower(u.first_name || ' ' || u.last_name)",
    "email": "u.email",
    "role": "r.name",
    "status": "u.status",
    "department": "u.department",
    "lastLogin": "u.last_login",
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
            parts.append("(lower(u.first_name || ' ' || u.last_name) like %(search)s or u.email like %(search)s)")
            wanted["search"] = like(self.search)
        if self.role and self.role != "all":
            parts.append("r.name = %(role)s")
            wanted["role"] = self.role
        if self.status and self.status != "all":
            parts.append("u.status = %(status)s")
            wanted["status"] = self.status
        return " and ".join(parts), wanted


async def list_users(reads: Reads, caller: Caller, page: Page, chosen: UserFilter) -> dict[str, Any]:
    """A page of the users within the caller's clients."""
    where, params = chosen.where(caller)
    rows = await reads.all(
        f"{_USER} where {where} order by {order_by(page.sort, _SORTS, 'name')}, u.id limit %(limit)s offset %(offset)s",
        {**params, "limit": page.limit, "offset": page.offset},
    )
    total = await reads.value(
        f"select count(*) from users u left join roles r on r.id = u.role_id where {where}", params
    )
    return {"users": [shown_user(row) for row in rows], "pagination": pagination(page, total)}


_COLUMNS: Final = (
    Column("User ID", lambda row: row["id"]),
    Column("Name", lambda row: f"{row['first_name']} {row['last_name']}".strip()),
    Column("Email", lambda row: row["email"]),
    Column("Phone", lambda row: row["phone"]),
    Column("Department", lambda row: row["department"]),
    Column("Job Title", lambda row: row["job_title"]),
    Column("Role", lambda row: row["role_name"]),
    Column("Status", lambda row: row["status"]),
    Column("Client", lambda row: row["client_name"]),
    Column("Last Login", lambda row: row["last_login"]),
    Column("Created", lambda row: row["created_at"]),
)


def export_users(reads: Reads, caller: Caller, format: str, chosen: UserFilter) -> Export:
    """All matching users as a file; raises Invalid for a format we do not export."""
    where, params = chosen.where(caller)
    return export("users", format, _COLUMNS, reads.stream(f"{_USER} where {where} order by u.id", params))


def like(text: str) -> str:
    """A `like` pattern that finds the text anywhere, whatever signs it has."""
    escaped = text.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def order_by(sort: str | None, columns: Mapping[str, str], default: str) -> str:
    """The `order by` of a sort key such as `-createdAt`; raises BadRequest for a key that is not offered."""
    key = sort or default
    name = key.removeprefix("-")
    if name not in columns:
        raise BadRequest(f"This list sorts by {', '.join(columns)}.", code="bad_sort")
    return f"{columns[name]} {'desc nulls last' if key.startswith('-') else 'asc nulls last'}"


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


async def list_roles(reads: Reads, caller: Caller) -> list[dict[str, Any]]:
    """Every role: the presets first, then the office's own."""
    params = {"clients": list(caller.client_ids)}
    return [_shown_role(row) for row in await reads.all(f"{_ROLE} order by r.is_system desc, r.id", params)]


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


async def list_clients(reads: Reads, caller: Caller, page: Page) -> dict[str, Any]:
    """The caller's clients."""
    params = {"clients": list(caller.client_ids), "limit": page.limit, "offset": page.offset}
    rows = await reads.all(
        "select c.*, (select count(*) from users u where u.client_id = c.id and u.status = 'active') as user_count from clients c"
        " where c.id = any(%(clients)s) order by c.client_name, c.id limit %(limit)s offset %(offset)s",
        params,
    )
    return {"clients": [camel(row) for row in rows], "pagination": pagination(page, len(caller.client_ids))}


async def one_client(session: AsyncSession, client_id: int) -> dict[str, Any]:
    """One client; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    row = await db.one(session, "select * from clients where id = %(id)s", {"id": client_id})
    if row is None:
        raise NotFound(f"There is no client {client_id}.")
    return camel(row)
