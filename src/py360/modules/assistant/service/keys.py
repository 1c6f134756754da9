"""API keys of the assistant: each stands for the user who made it, with no more than its scopes, at one client."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, get_args

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import crypto, db, resources
from py360.kit.caller import Caller
from py360.kit.errors import Conflict, Invalid, NotFound, Unauthenticated
from py360.kit.listing import Listing, containing, ordering
from py360.modules.assistant.schemas import NewKey
from py360.modules.assistant.service.tools import Scope
from py360.modules.assistant.views import KeyView
from py360.modules.identity import api as identity

PREFIX: Final = "py360_"
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
MOST_KEYS: Final = 20  # in use, of one user
_HINT: Final = len(PREFIX) + 4
_NOTED_EVERY: Final = timedelta(minutes=1)
_FIND: Final = """
select k.id, k.client_id, k.user_id, k.name, k.scopes, k.last_used_at from assistant_keys k
where k.key_hash = %(hash)s and k.revoked_at is null and k.expires_at > %(now)s
"""
_LIST: Final = """
select k.id, k.name, k.hint, k.scopes, u.name as user_name, k.created_at, k.expires_at, k.last_used_at, k.revoked_at,
  k.expires_at <= %(now)s as is_expired
from assistant_keys k join identity_public_users u on u.id = k.user_id
"""
_ADD: Final = """
insert into assistant_keys (client_id, user_id, name, hint, key_hash, scopes, expires_at, created_at)
values (%(client)s, %(user)s, %(name)s, %(hint)s, %(hash)s, %(scopes)s, %(expires)s, %(now)s) returning id
"""
_IN_USE: Final = """
select count(*) from assistant_keys where user_id = %(user)s and revoked_at is null and expires_at > %(now)s
"""
_SORTS: Final = {"id": "k.id", "name": "lower(k.name)", "createdAt": "k.id", "expiresAt": "k.expires_at"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was presented and is in use."""

    id: int
    client_id: int
    user_id: int
    name: str
    scopes: list[str]
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as lists have it: never the key itself."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    user_name: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    is_expired: bool

    def to_public(self) -> KeyView:
        """The key as the API answers it."""
        return {
            "id": self.id, "name": self.name, "hint": f"{self.hint}…", "scopes": self.scopes, "userName": self.user_name,
            "status": "revoked" if self.revoked_at else "expired" if self.is_expired else "active",
            "createdAt": self.created_at, "expiresAt": self.expires_at, "lastUsedAt": self.last_used_at,
        }  # fmt: skip


async def caller_of(text: str) -> tuple[Key, Caller]:
    """A key and the caller it stands for, at its client; raises Unauthenticated when it is unknown, revoked or expired, or its user is no longer active there."""
    now = resources.current().clock.now()
    async with db.unit_of_work() as session:
        key = await db.fetch_one(session, Key, _FIND, {"hash": crypto.digest(text), "now": now})
        if key is None:
            raise Unauthenticated("This API key is not valid: it is unknown, revoked or expired.", code="key_invalid")
        if key.last_used_at is None or now - key.last_used_at > _NOTED_EVERY:
            used = "update assistant_keys set last_used_at = %(now)s where id = %(id)s"
            await db.execute(session, used, {"id": key.id, "now": now})
    caller = await identity.caller_of_user(key.user_id)
    if key.client_id not in caller.client_ids:
        raise Unauthenticated("The user of this API key no longer works for its client.", code="key_invalid")
    return key, replace(caller, client_id=key.client_id, client_ids=(key.client_id,), client_codes=())


def listed(caller: Caller, sort: str | None, search: str | None) -> Listing[KeyRow]:
    """The caller's own keys; who manages the assistant sees those of the whole client."""
    where = "k.client_id = any(%(clients)s)" + ("" if caller.may("settings") else " and k.user_id = %(user)s")
    params: dict[str, object] = {
        "clients": list(caller.client_ids), "user": caller.user_id, "now": resources.current().clock.now(),
    }  # fmt: skip
    if pattern := containing(search):
        where += " and (k.name ilike %(search)s or u.name ilike %(search)s)"
        params |= {"search": pattern}
    return Listing(
        name="keys",
        select=_LIST,
        where=where,
        order=ordering(sort, _SORTS, "-id", "k.id"),
        params=params,
        to_public=KeyRow.to_public,
        columns=("id", "name", "hint", "scopes", "userName", "status", "createdAt", "expiresAt", "lastUsedAt"),
        file_name="assistant_keys",
        row=KeyRow,
    )


async def add(session: AsyncSession, caller: Caller, new: NewKey) -> tuple[int, str, datetime]:
    """Make a key: its number, the key, which is nowhere else, and when it ends. Raises Invalid, and Conflict above `MOST_KEYS`."""
    if unknown := sorted(set(new.scopes) - set(SCOPES)):
        message = f"There is no scope {', '.join(unknown)}; there are {', '.join(SCOPES)}."
        raise Invalid(message, code="scope_unknown", details=[{"field": "scopes", "message": message}])
    now = resources.current().clock.now()
    if await db.fetch_only(session, int, _IN_USE, {"user": caller.user_id, "now": now}) >= MOST_KEYS:
        raise Conflict(f"You have {MOST_KEYS} keys in use. Revoke one first.", code="too_many_keys")
    key, expires = PREFIX + crypto.random_token(), now + timedelta(days=new.expires_in_days)
    params = {
        "client": caller.client_id, "user": caller.user_id, "name": new.name, "hint": key[:_HINT], "now": now,
        "hash": crypto.digest(key), "scopes": [each for each in SCOPES if each in new.scopes], "expires": expires,
    }  # fmt: skip
    return await db.fetch_only(session, int, _ADD, params), key, expires


async def revoke(session: AsyncSession, caller: Caller, key_id: int) -> str:
    """Revoke a key at once: one's own, or any of the client for who manages the assistant; its name. Raises NotFound."""
    mine = "" if caller.may("settings") else " and user_id = %(user)s"
    name = await db.fetch_one(
        session, str,
        "update assistant_keys set revoked_at = coalesce(revoked_at, %(now)s)"
        f" where id = %(id)s and client_id = any(%(clients)s){mine} returning name",
        {"id": key_id, "clients": list(caller.client_ids), "user": caller.user_id, "now": resources.current().clock.now()},
    )  # fmt: skip
    if name is None:
        raise NotFound(f"There is no key {key_id} within your reach.", code="key_not_found")
    return name
