"""The HTTP face of the search."""

from typing import Annotated, Final, get_args

from fastapi import Query, Response

from py360.kit.http import Answer, DbReads, Router, SignedIn, ok
from py360.modules.search import queries
from py360.modules.search.views import Kind, SearchView

router = Router()
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@router.get("/search", response_model=Answer[SearchView])
async def search(
    reads: DbReads,
    caller: SignedIn,
    text: Annotated[
        str,
        Query(
            alias="q", min_length=2, max_length=100, description="A piece of a name or policy number, or a whole code"
        ),
    ],
    types: Annotated[list[Kind] | None, Query(description="Only these kinds")] = None,
    of_each: Annotated[int, Query(alias="perKind", ge=1, le=20, description="Results of each kind at most")] = 5,
) -> Response:
    """Customers, cases, policies, claims and campaigns within reach, of the kinds whose pages the caller may open.

    Finds pieces of names and policy numbers, whole codes (CASE-12, CLM-2026-000001), phone numbers and e-mail addresses.
    """
    wanted = [kind for kind in KINDS if types is None or kind in types]
    return ok(await queries.search(reads, caller, text.strip(), wanted, of_each))
