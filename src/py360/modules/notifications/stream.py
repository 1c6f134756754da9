"""What one WebSocket is sent: messages go out as fast as the browser takes them.

Holds no database session and no queue: the stream in Valkey is the queue, and a browser that falls too far
behind is asked to load its data again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Final

from py360.kit import live
from py360.modules.notifications.sockets import Socket

SEND_SECONDS: Final = 30.0  # a browser that takes nothing for so long is gone

Send = Callable[[bytes], Awaitable[None]]


async def run(socket: Socket, since: int | None, send: Send) -> None:
    """Send a caller what they may know, until cancelled. Raises Unauthenticated when their session has ended."""
    async with aclosing(live.follow(since)) as batches:
        async for batch in batches:
            if batch:
                await socket.refresh()
            for message in batch:
                if message.is_for(socket.caller):
                    async with asyncio.timeout(SEND_SECONDS):
                        await send(message.wire())
