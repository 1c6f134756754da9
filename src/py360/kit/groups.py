"""Group commits: the first of several requests writes for all that wait, so that one commit serves many."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True)
class _Group(Generic[Item, Answer]):
    """The items of one write."""

    items: list[Item] = field(default_factory=list)
    written: asyncio.Future[tuple[Sequence[Answer]]] | None = None


class GroupWriter(Generic[Item, Answer]):
    """`write` gets what came in during the last write; it commits, and answers each item in order."""

    def __init__(self, write: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]]) -> None:
        self._write = write
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: _Group[Item, Answer] = _Group()
        self._writing = asyncio.Lock()

    def _enter(self) -> None:
        """Futures and locks belong to one event loop; another one (the next test's) starts empty."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._next, self._writing = loop, _Group(), asyncio.Lock()

    async def put(self, items: Sequence[Item]) -> Sequence[Answer]:
        """Write these; the answers, once they are committed. A caller that is cancelled cancels no other's write."""
        if not items:
            return []
        self._enter()
        mine = self._next
        place = slice(len(mine.items), len(mine.items) + len(items))
        mine.items += items
        if (written := mine.written) is None:
            written = mine.written = asyncio.gather(self._write_group(mine))
            written.add_done_callback(_seen)
        (answers,) = await asyncio.shield(written)
        return answers[place]

    async def _write_group(self, group: _Group[Item, Answer]) -> Sequence[Answer]:
        async with self._writing:
            self._next = _Group()  # later items go with the next write
            return await self._write(group.items)


def _seen(written: "asyncio.Future[tuple[Sequence[Any]]]") -> None:
    """Callers that wait raise the error of a write; when none waits any more, it is no error of the loop."""
    if not written.cancelled():
        written.exception()
