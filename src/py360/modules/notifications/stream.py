"""One WebSocket's life: messages go out as fast as the browser takes them, rights are looked up anew as time goes by.

Holds no database session (house law 9) and no queue: the stream in Valkey is the queue, and who falls too far behind is
told to load anew.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Final

from py360.kit import live
from py360.kit.caller import Caller
from py360.modules.identity import api as identity

RECHECK_SECONDS: Final = 1.0  # before messages go out
IDLE_RECHECK_SECONDS: Final = 20.0
SEND_SECONDS: Final = 30.0  # a browser that takes nothing for so long is gone

Send = Callable[[bytes], Awaitable[None]]


async def run(caller: Caller, since: int | None, send: Send) -> None:
    """Send a caller what they may know, until cancelled. Raises Unauthenticated when their session has ended."""
    checked = time.monotonic()
    async with aclosing(live.follow(since)) as batches:
        async for batch in batches:
            age = time.monotonic() - checked
            if age > (RECHECK_SECONDS if batch else IDLE_RECHECK_SECONDS):
                assert caller.session_id is not None
                caller = await identity.caller_of_session(caller.session_id)
                checked = time.monotonic()
            for message in batch:
                if message.is_for(caller):
                    async with asyncio.timeout(SEND_SECONDS):
                        await send(message.wire())
