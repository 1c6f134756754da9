"""How a user keeps the lists of the console: filters under a name, and which columns are shown. Nobody else sees it."""

from collections.abc import Mapping
from typing import Final, TypedDict

from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.caller import Caller
from py360.kit.errors import Conflict, NotFound
from py360.modules.identity.models import NO_KEY, User
from py360.modules.identity.views import KeptListView, KeptViewView

MOST_LISTS: Final = 40
MOST_VIEWS: Final = 50  # of one list
MOST_COLUMNS: Final = 100
_KEY: Final = "lists"  # in a user's preferences


class StoredList(TypedDict, total=False):
    """What is kept of a list in its user's preferences."""

    views: list[KeptViewView]
    columns: dict[str, bool]


async def read(session: AsyncSession, caller: Caller, name: str) -> KeptListView:
    """What the caller keeps of a list; nothing of one that was never changed."""
    user = await session.get_one(User, caller.user_id)
    return _of(name, user.preferences.get(_KEY, {}))


async def keep_view(session: AsyncSession, caller: Caller, name: str, view: KeptViewView) -> KeptListView:
    """Keep filters under a name, in place of those that had it. Raises Conflict when there are too many."""
    user, kept = await _lock(session, caller, name)
    views = [each for each in kept["views"] if each["name"] != view["name"]]
    if len(views) >= MOST_VIEWS:
        raise Conflict(f"You keep {MOST_VIEWS} views of this list already. Remove one first.", code="too_many_views")
    return _store(user, {**kept, "views": [*views, view]})


async def remove_view(session: AsyncSession, caller: Caller, name: str, view: str) -> KeptListView:
    """Forget a view; raises NotFound."""
    user, kept = await _lock(session, caller, name)
    views = [each for each in kept["views"] if each["name"] != view]
    if len(views) == len(kept["views"]):
        raise NotFound(f"You keep no view called “{view}”.")
    return _store(user, {**kept, "views": views})


async def choose_columns(session: AsyncSession, caller: Caller, name: str, columns: Mapping[str, bool]) -> KeptListView:
    """Show or hide these columns; the others stay as they are. Raises Conflict when there are too many."""
    user, kept = await _lock(session, caller, name)
    chosen = {**kept["columns"], **columns}
    if len(chosen) > MOST_COLUMNS:
        raise Conflict(f"A list has {MOST_COLUMNS} columns at most.", code="too_many_columns")
    return _store(user, {**kept, "columns": chosen})


async def _lock(session: AsyncSession, caller: Caller, name: str) -> tuple[User, KeptListView]:
    user = await session.get_one(User, caller.user_id, with_for_update=NO_KEY)
    kept = user.preferences.get(_KEY, {})
    if name not in kept and len(kept) >= MOST_LISTS:
        raise Conflict(f"You keep the views of {MOST_LISTS} lists already.", code="too_many_lists")
    return user, _of(name, kept)


def _store(user: User, kept: KeptListView) -> KeptListView:
    stored = {"views": kept["views"], "columns": kept["columns"]}
    user.preferences = {**user.preferences, _KEY: {**user.preferences.get(_KEY, {}), kept["list"]: stored}}
    return kept


def _of(name: str, lists: Mapping[str, StoredList]) -> KeptListView:
    kept = lists.get(name, {})
    return {"list": name, "views": kept.get("views", []), "columns": kept.get("columns", {})}
