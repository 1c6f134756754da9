"""Settings of the whole client that screens send with one's own. Identity knows no such settings: wiring fills `store`."""

from collections.abc import Mapping
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.caller import Caller

NAMES: Final[tuple[str, ...]] = ("autoRefresh", "showEditCaseButton")


class Store(Protocol):
    """What identity needs of the module that keeps the client's settings."""

    async def __call__(self, session: AsyncSession, caller: Caller, values: Mapping[str, bool]) -> None:
        """Set these values of the client's renewals tab."""
        ...


_store: Store | None = None


def use(store: Store) -> None:
    """Who keeps the client's settings."""
    global _store
    _store = store


async def change(session: AsyncSession, caller: Caller, values: Mapping[str, bool | None]) -> list[str]:
    """Have them stored when the caller may change the client's settings; the names that were left alone."""
    chosen = {name: value for name, value in values.items() if value is not None}
    if not chosen:
        return []
    if _store is None or caller.read_only or not caller.may("settings"):
        return sorted(chosen)
    await _store(session, caller, chosen)
    return []
