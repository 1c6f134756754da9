"""Reading users, roles and sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.caller import Caller, Predicate
from py360.kit.errors import NotFound
from py360.kit.listing import Listing, containing, ordering
from py360.kit.reads import Reads
from py360.modules.identity import catalogue
from py360.modules.identity.views import ListedClientView, RoleView, SignedInUserView, SignInSessionView, UserView

_USER: Final = """
    select u.id, u.email, u.first_name, u.last_name, u.phone, u.department, u.job_title, u.status, u.avatar_url,
           u.portal_language, u.granted_permissions, u.revoked_permissions, u.last_login,
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


@dataclass(frozen=True, slots=True)
class UserRecord:
    """A user with their role, client and home. `permissions` of the role and the overrides stand apart."""

    id: int
    email: str
    first_name: str
    last_name: str
    phone: str | None
    department: str | None
    job_title: str | None
    status: str
    avatar_url: str | None
    portal_language: str
    granted_permissions: list[str]
    revoked_permissions: list[str]
    last_login: datetime | None
    password_changed_at: datetime
    require_password_change: bool
    mfa_enabled: bool
    locked_until: datetime | None
    created_at: datetime
    updated_at: datetime
    client_id: int
    client_name: str
    role: str | None
    role_name: str | None
    role_permissions: list[str] | None
    reach: str | None
    node_id: int | None

    @property
    def name(self) -> str:
        """First and last name as one."""
        return f"{self.first_name} {self.last_name}".strip()

    def to_public(self) -> UserView:
        """A user as the API answers it (domain reference, 3.3). `permissions` is the set they hold, role and overrides taken together."""
        sets = (self.role_permissions or (), self.granted_permissions, self.revoked_permissions)
        return {
            "id": self.id,
            "name": self.name,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "email": self.email,
            "phone": self.phone,
            "department": self.department,
            "jobTitle": self.job_title,
            "role": self.role,
            "roleName": self.role_name,
            "reach": self.reach or "own",
            "status": self.status,
            "permissions": sorted(catalogue.held(*sets)),
            "featurePermissions": sorted(catalogue.permitted(*sets) - catalogue.PAGE_IDS),
            "grantedPermissions": sorted(self.granted_permissions),
            "revokedPermissions": sorted(self.revoked_permissions),
            "portalLanguage": self.portal_language,
            "avatarUrl": self.avatar_url,
            "mfaEnabled": self.mfa_enabled,
            "requirePasswordChange": self.require_password_change,
            "lockedUntil": self.locked_until,
            "lastLogin": self.last_login,
            "clientId": self.client_id,
            "clientName": self.client_name,
            "nodeId": self.node_id,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


async def me(session: AsyncSession, user_id: int) -> SignedInUserView:
    """The user of login and `GET /auth/me` (domain reference, 3.1)."""
    await session.flush()  # a sign-in reads what it has just written
    user = await db.fetch_one(session, UserRecord, f"{_USER} where u.id = %(id)s", {"id": user_id})
    if user is None:
        raise NotFound("There is no such user.")
    public = user.to_public()
    return {
        "id": public["id"],
        "name": public["name"],
        "firstName": public["firstName"],
        "lastName": public["lastName"],
        "email": public["email"],
        "role": public["role"],
        "roleName": public["roleName"],
        "reach": public["reach"],
        "portalLanguage": public["portalLanguage"],
        "permissions": public["permissions"],
        "featurePermissions": public["featurePermissions"],
        "clientId": public["clientId"],
        "clientName": public["clientName"],
        "avatarUrl": public["avatarUrl"],
        "mfaEnabled": public["mfaEnabled"],
        "requirePasswordChange": public["requirePasswordChange"],
        "readOnly": user.role in catalogue.READ_ONLY_ROLES,
    }


async def one_user(session: AsyncSession, caller: Caller, user_id: int) -> UserRecord:
    """A user within the caller's clients; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    user = await db.fetch_one(
        session,
        UserRecord,
        f"{_USER} where u.id = %(id)s and u.client_id = any(%(clients)s)",
        {"id": user_id, "clients": list(caller.client_ids)},
    )
    if user is None:
        raise NotFound(f"There is no user {user_id}.")
    return user


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users: text in name or e-mail, role, status; None or `all` means any."""

    search: str | None = None
    role: str | None = None
    status: str | None = None

    def where(self, caller: Caller) -> Predicate:
        """The predicate, which starts from the caller's clients, and its parameters."""
        parts = ["u.client_id = any(%(clients)s)"]
        wanted: dict[str, object] = {"clients": list(caller.client_ids)}
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


def users(caller: Caller, chosen: UserFilter, sort: str | None) -> Listing[UserRecord]:
    """The users within the caller's clients."""
    where, params = chosen.where(caller)
    return Listing(
        "users",
        _USER,
        where,
        ordering(sort, _SORTS, "name", "u.id"),
        params,
        UserRecord.to_public,
        (
            "id", "name", "email", "phone", "department", "jobTitle", "roleName", "status", "clientName", "lastLogin",
            "createdAt",
        ),
        row=UserRecord,
    )  # fmt: skip


# Counts only the users of the caller's clients: a role is shared, its holders are not.
_ROLE: Final = """
    select r.id, r.name, r.display_name, r.description, r.permissions, r.reach, r.is_system, r.created_at, r.updated_at,
           (select count(*) from users u where u.role_id = r.id and u.client_id = any(%(clients)s)) as user_count
    from roles r
"""


@dataclass(frozen=True, slots=True)
class RoleRecord:
    """A role, and how many users of the caller's clients hold it."""

    id: int
    name: str
    display_name: str
    description: str | None
    permissions: list[str]
    reach: str
    is_system: bool
    created_at: datetime
    updated_at: datetime
    user_count: int

    def to_public(self) -> RoleView:
        """A role as the API answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "displayName": self.display_name,
            "description": self.description,
            "permissions": self.permissions,
            "reach": self.reach,
            "isSystem": self.is_system,
            "userCount": self.user_count,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


def roles(caller: Caller, search: str | None, sort: str | None) -> Listing[RoleRecord]:
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
        RoleRecord.to_public,
        ("name", "displayName", "description", "reach", "isSystem", "userCount", "permissions"),
        row=RoleRecord,
    )


async def one_role(session: AsyncSession, caller: Caller, role_id: int) -> RoleRecord:
    """One role; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    params = {"id": role_id, "clients": list(caller.client_ids)}
    role = await db.fetch_one(session, RoleRecord, f"{_ROLE} where r.id = %(id)s", params)
    if role is None:
        raise NotFound(f"There is no role {role_id}.")
    return role


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A signed-in device of a user."""

    id: int
    ip_address: str | None
    user_agent: str | None
    created_at: datetime
    last_activity: datetime
    expires_at: datetime

    def to_public(self, current: int | None) -> SignInSessionView:
        """A session as the API answers it; `current` is the caller's own."""
        return {
            "id": self.id,
            "ipAddress": self.ip_address,
            "userAgent": self.user_agent,
            "createdAt": self.created_at,
            "lastActivity": self.last_activity,
            "expiresAt": self.expires_at,
            "current": self.id == current,
        }


async def open_sessions(reads: Reads, caller: Caller) -> list[OpenSession]:
    """The caller's own open sessions, the latest used first."""
    return await reads.fetch_all(
        OpenSession,
        "select id, host(ip_address) as ip_address, user_agent, created_at, last_activity, expires_at from user_sessions"
        " where user_id = %(user)s and revoked_at is null and expires_at > now() order by last_activity desc",
        {"user": caller.user_id},
    )


_CLIENT: Final = """
    select c.id, c.client_code, c.client_name, c.industry, c.contact_email, c.contact_phone, c.is_active, c.created_at,
           c.updated_at,
           (select count(*) from users u where u.client_id = c.id and u.status = 'active') as user_count
    from clients c
"""


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """An insurer this installation works for, and how many active users it has."""

    id: int
    client_code: str
    client_name: str
    industry: str | None
    contact_email: str | None
    contact_phone: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime
    user_count: int

    def to_public(self) -> ListedClientView:
        """A client as the API answers it."""
        return {
            "id": self.id,
            "clientCode": self.client_code,
            "clientName": self.client_name,
            "industry": self.industry,
            "contactEmail": self.contact_email,
            "contactPhone": self.contact_phone,
            "isActive": self.is_active,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
            "userCount": self.user_count,
        }


def clients(caller: Caller, search: str | None, sort: str | None) -> Listing[ClientRecord]:
    """The caller's clients."""
    known = {"clientName": "lower(c.client_name)", "clientCode": "c.client_code", "createdAt": "c.created_at"}
    return Listing(
        "clients",
        _CLIENT,
        "c.id = any(%(clients)s) and (%(search)s::text is null or c.client_name ilike %(search)s)",
        ordering(sort, known, "clientName", "c.id"),
        {"clients": list(caller.client_ids), "search": containing(search)},
        ClientRecord.to_public,
        ("clientCode", "clientName", "industry", "contactEmail", "contactPhone", "isActive", "userCount", "createdAt"),
        row=ClientRecord,
    )


async def one_client(session: AsyncSession, client_id: int) -> ClientRecord:
    """One client; raises NotFound."""
    await session.flush()  # the SQL below reads what the session holds
    client = await db.fetch_one(session, ClientRecord, f"{_CLIENT} where c.id = %(id)s", {"id": client_id})
    if client is None:
        raise NotFound(f"There is no client {client_id}.")
    return client
