"""Writing together what arrives together: the first of several requests writes for all that wait, so that one commit serves many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Group(Generic[Item, Answer]):
    """Those who wait for one write."""

    items: list[Item] = field(default_factory=list)
    written: asyncio.Future[Sequence[Answer]] | None = None


class Gathering(Generic[Item, Answer]):
    """`write` gets what has gathered while the last write went on; it commits, and answers each item in its order."""

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._write = write
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: _Group[Item, Answer] = _Group()
        self._writing = asyncio.Lock()

    def _enter(self) -> asyncio.AbstractEventLoop:
        """Futures and locks belong to one event loop; another one (the next test's) starts afresh."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._next, self._writing = loop, _Group(), asyncio.Lock()
        return loop

    async def put(self, items: Sequence[Item]) -> Sequence[Answer]:
        """Have these written; the answers, once they are committed."""
        if not items:
            return []
        loop = self._enter()
        mine = self._next
        place = slice(len(mine.items), len(mine.items) + len(items))
        mine.items += items
        if mine.written is not None:
            return (await asyncio.shield(mine.written))[place]
        mine.written = loop.create_future()
        try:
            async with self._writing:
                self._next = _Group()  # from here on, the others gather for the next write
                answers = await self._write(mine.items)
        except BaseException as error:  # a cancellation too: whoever waits must hear of it
            if self._next is mine:
                self._next = _Group()
            mine.written.set_exception(ConnectionError(f"not written: {error!r}"))
            mine.written.exception()  # seen: whoever waits raises it
            raise
        mine.written.set_result(answers)
        return answers[place]
