"""How much of a body is read: the route's limit, and for all callers without sign-in together a limit, too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import Request
from starlette.types import Message

from py360.kit.errors import TooLarge, Unavailable

STRANGERS_MAX: Final = 64 << 20  # bytes in the process of bodies from callers who need not sign in
_strangers_bytes = 0


def in_words(size: int) -> str:
    """A limit as people say it: 64 KB, 1 MB, 1100 MB."""
    return f"{size >> 20} MB" if size >= 1 << 20 else f"{size >> 10} KB"


@asynccontextmanager
async def limited(request: Request, limit: int, counted: bool) -> AsyncIterator[Request]:
    """The request with a body that ends at `limit` bytes: TooLarge, by its Content-Length or while it arrives.

    `counted`: it comes from an unknown client. When untrusted bodies together hold too much memory, Unavailable.
    """
    global _strangers_bytes
    too_large = TooLarge(f"This address takes a body of at most {in_words(limit)}.", headers={"Connection": "close"})
    if (length := request.headers.get("content-length", "")) and (not length.isdecimal() or int(length[:20]) > limit):
        raise too_large
    read = 0

    async def receive() -> Message:
        global _strangers_bytes
        nonlocal read
        message = await request.receive()
        size = len(message.get("body", b""))
        read += size
        if counted:
            _strangers_bytes += size
        if read > limit:
            raise too_large
        if counted and _strangers_bytes > STRANGERS_MAX:
            raise Unavailable("Too many requests are being read at the moment. Please try again in a few seconds.")
        return message

    try:
        yield Request(request.scope, receive, request._send)
    finally:
        if counted:
            _strangers_bytes -= read
