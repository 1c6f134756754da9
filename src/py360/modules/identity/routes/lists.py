"""How the caller keeps the lists of the console, over HTTP: saved views and chosen columns (issue 13)."""

from typing import Annotated

from fastapi import Path, Query, Response

from py360.kit.http import Answer, Router, Session, SignedIn, ok
from py360.modules.identity.schemas import ChooseColumns, KeepView
from py360.modules.identity.service import lists
from py360.modules.identity.views import KeptListSaved, KeptListView

router = Router()
ListName = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="Such as cases or closed-cases")]


@router.get("/user/lists/{list_name}", response_model=Answer[KeptListView])
async def read_list(session: Session, caller: SignedIn, list_name: ListName) -> Response:
    """The caller's saved views of a list, oldest first, and which columns they chose to see or not."""
    return ok(await lists.read(session, caller, list_name))


@router.put("/user/lists/{list_name}/views", response_model=Answer[KeptListSaved])
async def keep_view(session: Session, caller: SignedIn, list_name: ListName, body: KeepView) -> Response:
    """Keep filters of a list under a name; a view of that name is replaced."""
    kept = await lists.keep_view(session, caller, list_name, {"name": body.name, "query": body.query})
    return ok({**kept, "message": f"The view “{body.name}” is saved."})


@router.delete("/user/lists/{list_name}/views", response_model=Answer[KeptListSaved])
async def remove_view(
    session: Session, caller: SignedIn, list_name: ListName, name: Annotated[str, Query(max_length=40)]
) -> Response:
    """Forget a saved view."""
    kept = await lists.remove_view(session, caller, list_name, name)
    return ok({**kept, "message": f"The view “{name}” is removed."})


@router.put("/user/lists/{list_name}/columns", response_model=Answer[KeptListSaved])
async def choose_columns(session: Session, caller: SignedIn, list_name: ListName, body: ChooseColumns) -> Response:
    """Choose which columns of a list the caller sees; those that are not named stay as they are."""
    kept = await lists.choose_columns(session, caller, list_name, body.columns)
    return ok({**kept, "message": "The columns are saved."})
