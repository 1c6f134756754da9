"""Live messages: what happens is pushed to users who have a window open and may know it.

The installation has one bounded stream in Valkey. `send` appends to it; a WebSocket follows it from any `seq` that is
still there, and receives what is about the caller's clients. Numbers go up by one, so a gap shows: a follower that was away,
or is too slow, gets one `resync` (load the page's data again) instead of an ever longer queue. Live messages may be lost;
nothing depends on them.

Types in use: notification.new, upload.progress, campaign.metrics, case.updated, email.new, email.viewers, chat.message,
chat.status, flow.run, payment.updated, dashboard.refresh (domain reference, section 22); ready and resync are our own.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
import structlog
from redis.exceptions import ConnectionError as CacheConnectionError
from redis.exceptions import TimeoutError as CacheTimeoutError

from py360.kit import resources
from py360.kit.caller import Caller
from py360.kit.wire import dumps

log = structlog.get_logger()

KEPT: Final = 10_000  # messages that can be replayed
RECENT: Final = 1_000  # of which the process holds so many itself
MAX_BEHIND: Final = 2_000  # who is further behind is asked to load again
BATCH: Final = 500
WAIT_SECONDS: Final = 2.0  # a quiet stream yields an empty batch this often
_COUNTER_KEY: Final = "live:{all}:seq"  # the braces keep both on one node of a cluster
_STREAM_KEY: Final = "live:{all}:stream"

# A fresh counter starts at the clock (10,000 a second), so numbers never go back when the cache was lost.
_COUNTER: Final = """
if redis.call('EXISTS', KEYS[1]) == 0 then
  local now = redis.call('TIME')
  redis.call('SET', KEYS[1], string.format('%.0f', now[1] * 10000 + math.floor(now[2] / 100)))
end
"""
_LAST: Final = _COUNTER + "return redis.call('GET', KEYS[1])"
_APPEND: Final = (
    _COUNTER
    + """
local n = redis.call('INCR', KEYS[1])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[1], string.format('%.0f-0', n), 'm', ARGV[2])
return n
"""
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose record it is about: the assignee and the path of the record's node (`1.4.9`), as `reach_filter` sees them."""

    assigned_to: int | None
    node_path: str | None

    def within(self, caller: Caller) -> bool:
        """Whether the record is within the caller's reach."""
        if caller.reach == "all" or self.assigned_to == caller.user_id:
            return True
        if caller.reach == "own" or caller.node_id is None or self.node_path is None:
            return False
        nodes = self.node_path.split(".")
        return str(caller.node_id) in (nodes if caller.reach == "subtree" else nodes[-1:])


@dataclass(frozen=True, slots=True)
class Message:
    """One live message, for the users of its client (None: of all) that its user, permissions and scope leave in."""

    seq: int
    type: str
    data: Any
    client_id: int | None = None
    user_id: int | None = None
    permissions: tuple[str, ...] = ()
    scope: Scope | None = None

    def is_for(self, caller: Caller) -> bool:
        """Whether a caller may know."""
        return (
            (self.client_id is None or self.client_id in caller.client_ids)
            and (self.user_id is None or self.user_id == caller.user_id)
            and (not self.permissions or caller.may(*self.permissions))
            and (self.scope is None or self.scope.within(caller))
        )

    def wire(self) -> bytes:
        """The message as the WebSocket sends it."""
        return dumps({"type": self.type, "seq": self.seq, "data": self.data})


async def send(
    client_id: int,
    type: str,
    data: Any,
    user_id: int | None = None,
    permission: str | tuple[str, ...] | None = None,
    scope: Scope | None = None,
) -> None:
    """Push a message to a client's users, or one of them, or those who hold (any of) the permission and reach the record.

    Call it when the fact is committed, never inside its transaction. When Valkey is away the message is dropped.
    """
    permissions = (permission,) if isinstance(permission, str) else permission or ()
    held = {"type": type, "data": data, "client": client_id, "user": user_id, "permissions": permissions}
    message = dumps({**held, "scope": scope and asdict(scope)})
    try:
        await resources.current().cache.eval(_APPEND, 2, _COUNTER_KEY, _STREAM_KEY, KEPT, message)
    except (CacheConnectionError, CacheTimeoutError) as error:
        log.warning("live message dropped: cache away", type=type, error=str(error))


class _Feed:
    """The stream as this process reads it. There is no reader of its own: the first to wait reads for all."""

    def __init__(self, cache: Any, last: int) -> None:
        self.cache = cache
        self.last = last
        self.recent: deque[Message] = deque(maxlen=RECENT)
        self.reading = asyncio.Lock()
        self.followers = 0

    async def after(self, seq: int) -> list[Message]:
        """The next messages after `seq`, or none when nothing came for `WAIT_SECONDS`."""
        if seq >= self.last:
            async with self.reading:
                if seq >= self.last:
                    await self._read()
        if seq >= self.last:
            return []
        if self.recent and self.recent[0].seq <= seq + 1:
            return [message for message in self.recent if message.seq > seq][:BATCH]
        entries = await self.cache.xrange(_STREAM_KEY, min=f"{seq + 1}-0", count=BATCH)
        return [_message(entry) for entry in entries]

    async def _read(self) -> None:
        answer = await self.cache.xread({_STREAM_KEY: f"{self.last}-0"}, count=BATCH, block=int(WAIT_SECONDS * 1000))
        for _, entries in answer:
            for entry in entries:
                message = _message(entry)
                self.recent.append(message)
                self.last = message.seq


def _message(entry: Any) -> Message:
    number, fields = entry
    held = orjson.loads(fields["m"])
    return Message(
        seq=int(str(number).partition("-")[0]),
        type=held["type"],
        data=held["data"],
        client_id=held["client"],
        user_id=held["user"],
        permissions=tuple(held["permissions"]),
        scope=Scope(**held["scope"]) if held["scope"] else None,
    )


_current: _Feed | None = None


def _feed(cache: Any, newest: int) -> _Feed:
    global _current
    if _current is None or _current.cache is not cache:
        _current = _Feed(cache, newest)
    return _current


def _forget() -> None:
    global _current
    _current = None


async def last_seq() -> int:
    """The number of the newest message."""
    return int(await resources.current().cache.eval(_LAST, 1, _COUNTER_KEY))


async def follow(since: int | None) -> AsyncGenerator[list[Message]]:
    """The messages after `since`, batch by batch, for as long as one listens; from now on when `since` is None.

    The first batch is `ready` with the number to start from, or `resync`. Where messages are missing there is a `resync`
    whose `seq` is where it continues. Quiet times yield empty batches. Messages are not yet filtered: see `Message.is_for`.
    Close it when done (`contextlib.aclosing`).
    """
    cache = resources.current().cache
    newest = await last_seq()
    feed = _feed(cache, newest)
    feed.followers += 1
    try:
        if since is None:
            position = newest
            yield [Message(position, "ready", {})]
        elif since > newest or newest - since > MAX_BEHIND:
            position = newest
            yield [_resync(position)]
        else:
            position = since
            yield [Message(position, "ready", {})]
        while True:
            batch = await feed.after(position)
            behind = feed.last - position
            if behind > 0 and (not batch or batch[0].seq != position + 1 or behind > MAX_BEHIND):
                position = feed.last
                yield [_resync(position)]
                continue
            if batch:
                position = batch[-1].seq
            yield batch
    finally:
        feed.followers -= 1
        if not feed.followers and _current is feed:
            _forget()


def _resync(seq: int) -> Message:
    return Message(seq, "resync", {"reason": "Some messages are no longer kept. Load the page's data again."})
