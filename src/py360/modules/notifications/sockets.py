"""The open WebSockets of this process: how many a user may have, and what each caller may know by now.

Rights are looked up for all sockets in one statement, so that a second without news costs the same for one window and for
a thousand, and a browser that takes no messages cannot hold up the end of its session.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from py360.kit.caller import Caller
from py360.kit.errors import TooMany, Unauthenticated
from py360.modules.identity import api as identity

MAX_PER_USER: Final = 10  # in each process
RECHECK_SECONDS: Final = 0.5  # a signed-out socket closes within about a second


class TooManySockets(TooMany):
    """Too many windows are open. Close one and load this page again."""

    default_code = "too_many_sockets"


class Socket:
    """An open socket and its caller as of the last look."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    @property
    def session_id(self) -> int:
        """The session that the socket was opened in."""
        assert self.caller.session_id is not None
        return self.caller.session_id

    async def refresh(self) -> None:
        """Look up the caller's rights unless that was done lately. Raises Unauthenticated when the session has ended."""
        self.caller = await _rights.of(self.session_id)

    async def watch(self) -> None:
        """Look up the caller's rights again and again, until cancelled. Raises Unauthenticated when the session has ended."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            await self.refresh()


class _Rights:
    """What the sessions with an open socket may do; the first to find it old reads it again for all."""

    def __init__(self) -> None:
        self.sockets: Counter[int] = Counter()  # by session
        self.users: Counter[int] = Counter()
        self.callers: dict[int, Caller] = {}
        self.read_at = float("-inf")
        self.reading = asyncio.Lock()

    async def of(self, session_id: int) -> Caller:
        """The caller of a session as of at most `RECHECK_SECONDS` ago; raises Unauthenticated when it has ended."""
        if self._is_old():
            async with self.reading:
                if self._is_old():
                    await self._read()
        caller = self.callers.get(session_id)
        if caller is None or caller.must_change_password:
            raise Unauthenticated("Your sign-in has ended. Please sign in again.", code="signed_out")
        return caller

    async def _read(self) -> None:
        started, asked = time.monotonic(), set(self.sockets)
        found = await identity.callers_of_sessions(asked)
        opened_since = {session: caller for session, caller in self.callers.items() if session not in asked}
        self.callers, self.read_at = found | opened_since, started

    def _is_old(self) -> bool:
        return time.monotonic() - self.read_at >= RECHECK_SECONDS

    def add(self, caller: Caller, session_id: int) -> None:
        self.users[caller.user_id] += 1
        self.sockets[session_id] += 1
        self.callers.setdefault(session_id, caller)

    def remove(self, caller: Caller, session_id: int) -> None:
        self.users[caller.user_id] -= 1
        self.sockets[session_id] -= 1
        self.users, self.sockets = +self.users, +self.sockets
        if session_id not in self.sockets:
            self.callers.pop(session_id, None)


_rights = _Rights()


@contextmanager
def opened(caller: Caller) -> Iterator[Socket]:
    """A socket of a caller, for as long as it is open; raises TooManySockets above `MAX_PER_USER`."""
    if _rights.users[caller.user_id] >= MAX_PER_USER:
        raise TooManySockets
    socket = Socket(caller)
    session_id = socket.session_id
    _rights.add(caller, session_id)
    try:
        yield socket
    finally:
        _rights.remove(caller, session_id)
