"""From an access token to a caller, thousands of times a second.

What a session may do is read from the database and remembered by the process for at most `FRESH_SECONDS`, so a changed
permission, a deactivated user or a revoked session counts everywhere within that time; the process that made the change
forgets at once.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from py360.kit import crypto, db, resources
from py360.kit.caller import MOST_NODES_NAMED, Caller, Reach
from py360.modules.identity import catalogue, tokens

FRESH_SECONDS: Final = 1.0
MAX_REMEMBERED: Final = 10_000

# Reads the write side on purpose: a replica may lag behind a sign-in or a revocation.
_CALLERS: Final = """
    select {session} as session_id, u.id as user_id, u.client_id, u.email, u.first_name, u.last_name,
           u.granted_permissions, u.revoked_permissions, u.require_password_change, r.name as role, r.permissions, r.reach, h.node_id,
           k.ids as client_ids, k.codes as client_codes, below.ids as subtree
    from {source}
    left join roles r on r.id = u.role_id
    left join organization_public_homes h on h.user_id = u.id
    cross join lateral (
      select array_agg(c.id order by c.id) as ids, array_agg(c.client_code order by c.id) as codes from clients c
      where c.id = u.client_id or (c.is_active and r.name = any(%(span)s))
    ) k
    cross join lateral (
      select array_agg(n.id) as ids from (
        select b.id from organization_public_node b where r.reach = 'subtree' and b.path <@ h.path limit %(most)s
      ) n
    ) below
    where {wanted} and u.status = 'active'
"""
_SESSIONS: Final = {
    column: _CALLERS.format(
        session="s.id", source="user_sessions s join users u on u.id = s.user_id",
        wanted=f"s.{column} = any(%(sessions)s) and s.revoked_at is null and s.expires_at > %(now)s",
    )
    for column in ("id", "session_token")
}  # fmt: skip
_USER: Final = _CALLERS.format(session="0", source="users u", wanted="u.id = any(%(sessions)s)")


@dataclass(frozen=True, slots=True)
class _Session:
    """An open session of an active user, with everything that decides what the caller may do."""

    session_id: int
    user_id: int
    client_id: int
    email: str
    first_name: str
    last_name: str
    granted_permissions: list[str]
    revoked_permissions: list[str]
    require_password_change: bool
    role: str | None
    permissions: list[str] | None
    reach: Reach | None
    node_id: int | None
    client_ids: list[int]
    client_codes: list[str]
    subtree: list[int] | None

    def to_caller(self) -> Caller:
        """Who calls."""
        role = self.role or ""
        return Caller(
            user_id=self.user_id,
            name=f"{self.first_name} {self.last_name}".strip(),
            email=self.email,
            role=role,
            permissions=catalogue.permitted(self.permissions or (), self.granted_permissions, self.revoked_permissions),
            client_id=self.client_id,
            client_ids=tuple(self.client_ids),
            reach=self.reach or "own",
            node_id=self.node_id,
            read_only=role in catalogue.READ_ONLY_ROLES,
            session_id=self.session_id or None,
            client_codes=tuple(self.client_codes),
            must_change_password=self.require_password_change,
            subtree=tuple(self.subtree or ()) if len(self.subtree or ()) <= MOST_NODES_NAMED else (),
        )


@dataclass(slots=True)
class _Known:
    """A session this process has seen lately."""

    session: str
    expires: float
    caller: Caller | None = None
    read_at: float = float("-inf")
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


_known: dict[str, _Known] = {}


async def authenticate(token: str) -> Caller:
    """The caller behind an access token; raises Unauthenticated when it is invalid, expired or its session has ended."""
    here = resources.current()
    known = _known.get(token)
    if known is None:
        secret, expires = tokens.read_access_token(token, here.clock.now())
        known = _remember(token, _Known(crypto.digest(secret), expires))
    elif here.clock.now().timestamp() >= known.expires:
        del _known[token]
        tokens.read_access_token(token, here.clock.now())
    if known.caller is not None and time.monotonic() - known.read_at < FRESH_SECONDS:
        return known.caller
    async with known.reading:  # one reads, the others of the same session wait for it
        if known.caller is None or time.monotonic() - known.read_at >= FRESH_SECONDS:
            started = time.monotonic()
            known.caller = await _read("session_token", known.session)
            known.read_at = started
        return known.caller


def _remember(token: str, known: _Known) -> _Known:
    if len(_known) >= MAX_REMEMBERED:
        _known.clear()  # rare, and costs each session one read
    return _known.setdefault(token, known)


def forget() -> None:
    """Read every session again: something about users, roles or sessions has changed."""
    _known.clear()


async def caller_of_session(session_id: int) -> Caller:
    """The caller of a session as things stand now; raises SignInAgain when it or its user has ended."""
    return await _read("id", session_id)


async def callers_of_sessions(session_ids: Collection[int]) -> dict[int, Caller]:
    """The callers of these sessions as things stand now; a session that has ended is missing. One statement."""
    return {row.session_id: row.to_caller() for row in await _rows("id", list(session_ids))}


async def caller_of_user(user_id: int) -> Caller:
    """The caller that a user would be if they signed in now, for keys that stand for a user; raises SignInAgain when the user has ended."""
    rows = await _fetch(_USER, [user_id])
    if not rows:
        raise tokens.SignInAgain
    return rows[0].to_caller()


async def _read(column: str, session: int | str) -> Caller:
    rows = await _rows(column, [session])
    if not rows:
        raise tokens.SignInAgain
    return rows[0].to_caller()


async def _rows(column: str, sessions: Sequence[int | str]) -> list[_Session]:
    return await _fetch(_SESSIONS[column], sessions)


async def _fetch(statement: str, sessions: Sequence[int | str]) -> list[_Session]:
    here = resources.current()
    values: dict[str, object] = {"sessions": sessions, "now": here.clock.now(), "span": sorted(catalogue.SPAN_CLIENTS)}
    values["most"] = MOST_NODES_NAMED + 1
    async with here.sessions() as database:
        return await db.fetch_all(database, _Session, statement, values)
