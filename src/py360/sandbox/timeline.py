"""What will happen later: timers that are counted, so that a caller can wait until none is left."""

import asyncio
from collections.abc import Callable


class Timeline:
    """Timers on the event loop. `clear()` forgets those still running."""

    def __init__(self) -> None:
        self._waiting = 0
        self._age = 0

    @property
    def waiting(self) -> int:
        """How many timers are running."""
        return self._waiting

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do this in so many seconds."""
        self._waiting += 1
        asyncio.get_running_loop().call_later(seconds, self._ring, self._age, action)

    def _ring(self, age: int, action: Callable[[], None]) -> None:
        if age != self._age:  # set before clear(): forgotten
            return
        self._waiting -= 1
        action()

    def clear(self) -> None:
        """Forget every timer."""
        self._age += 1
        self._waiting = 0
