"""Watches mailboxes: a kept connection in IDLE for each whose server has it, so that new mail is here within seconds.

The sockets are waited for by the event loop; a thread is needed only while something is said. One process watches
(`inbox.watch` has a lock); mailboxes without IDLE, and whatever is missed, come with the interval.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from py360.kit import db
from py360.kit.vendor import VendorError
from py360.modules.inbox.mailboxes import COLUMNS, Mailbox
from py360.modules.inbox.sync.pull import sign_in, sync
from py360.modules.inbox.vendors.imap import ImapMailbox

log = structlog.get_logger()
# Servers end IDLE after half an hour (RFC 2177), home routers a silent connection sooner.
RENEW_SECONDS: Final = 9 * 60.0
LOOK_SECONDS: Final = 5.0  # how often accounts are looked up
AGAIN_SECONDS: Final = 60.0  # after a connection failed
MOST: Final = 500  # mailboxes that are watched

# One that does not work is tried by its interval, longer each time, until it works again.
_WATCHED: Final = f"""
select {COLUMNS} from email_accounts a
where a.auto_sync and a.provider_id is not null and a.status <> 'inactive' and a.failures = 0 order by a.id limit {MOST}
"""


@dataclass(slots=True)
class Watcher:
    """Watches every mailbox until it is cancelled or `seconds` are over. One whose server has no IDLE is asked once only."""

    seconds: float = 600.0
    tasks: dict[int, tuple[tuple[object, ...], asyncio.Task[None]]] = field(default_factory=dict)

    async def run(self) -> None:
        """Look for mailboxes now and then, and watch each in a task of its own."""
        ends = asyncio.get_running_loop().time() + self.seconds
        async with asyncio.TaskGroup() as group:
            try:
                while asyncio.get_running_loop().time() < ends:
                    with suppress(*db.AWAY):
                        await self._look(group)
                    await asyncio.sleep(min(LOOK_SECONDS, max(0.05, ends - asyncio.get_running_loop().time())))
            finally:
                for _, task in self.tasks.values():
                    task.cancel()

    async def _look(self, group: asyncio.TaskGroup) -> None:
        async with db.unit_of_work() as session:
            rows = await db.fetch_all(session, Mailbox, _WATCHED)
        wanted = {row.id: (row, (row.provider_id, row.email, row.name)) for row in rows}
        for number, (key, task) in list(self.tasks.items()):
            if number not in wanted or wanted[number][1] != key:
                task.cancel()
                del self.tasks[number]
        for number, (row, key) in wanted.items():
            if number not in self.tasks:
                self.tasks[number] = (key, group.create_task(_watch(row)))


async def _watch(box: Mailbox) -> None:
    """Watch one mailbox: synchronise when its server reports something. Ends where the server has no IDLE."""
    try:
        while True:
            connection: ImapMailbox | None = None
            try:
                connection = await sign_in(box)
                await asyncio.to_thread(connection.select, "INBOX")
                if not await _follow(box.id, connection):
                    return
            except VendorError as error:
                log.info("a mailbox cannot be watched now", account=box.id, reason=str(error)[:200])
                await asyncio.sleep(AGAIN_SECONDS)
            except db.AWAY:
                await asyncio.sleep(LOOK_SECONDS)
            finally:
                if connection is not None:
                    connection.abort()
    except asyncio.CancelledError:
        return  # the watcher ends, or the account changed: nothing waits for this task


async def _follow(
    account_id: int, connection: ImapMailbox, synchronise: Callable[[int], Awaitable[object]] = sync
) -> bool:
    """Idle on a selected folder; False when the server cannot."""
    if not await asyncio.to_thread(connection.idle):
        return False
    await synchronise(account_id)  # what came before idling began
    while True:
        changed = await _something(connection)
        changed = await asyncio.to_thread(connection.done) or changed
        await asyncio.to_thread(connection.idle)
        if changed:
            await synchronise(account_id)


async def _something(connection: ImapMailbox) -> bool:
    """Wait until the server says something, or it is time to renew; whether it did."""
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    number = connection.fileno()
    loop.add_reader(number, readable.set)
    try:
        async with asyncio.timeout(RENEW_SECONDS):
            await readable.wait()
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(number)
    return await asyncio.to_thread(connection.wait, 0.0)
