"""The kit: what every module is built on. It knows nothing of insurance."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import Any

if sys.version_info < (3, 12):

    async def _wait_for(awaitable: Awaitable[Any], timeout: float | None) -> Any:
        async with asyncio.timeout(timeout):
            return await awaitable

    # Python 3.11's own loses a cancellation that meets the end of what it waits for (github.com/python/cpython/issues/86296),
    # and whoever cancelled waits for ever. The clients of the cache, of mail and of the database all use it, so it is
    # replaced for all of them by what 3.12 does.
    asyncio.wait_for = _wait_for  # type: ignore[assignment]  # the same, with plainer types
