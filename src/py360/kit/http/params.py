"""What a handler is given: the transaction, the read pool, the page of a list, the version of a record."""

from collections.abc import AsyncIterator
from typing import Annotated, Final

from fastapi import Depends, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit.errors import PreconditionFailed
from py360.kit.http import audit, idempotency
from py360.kit.paging import DEFAULT_LIMIT, MAX_LIMIT, Page
from py360.kit.reads import Reads
from py360.kit.resources import Resources

VERSION_DIGITS: Final = 18  # a bigint has no more

Sort = Annotated[str | None, Query(max_length=60, description="A column; `-` in front for descending")]
Cursor = Annotated[str | None, Query(max_length=300, description="`nextCursor` of the page before")]
Search = Annotated[str | None, Query(max_length=200, description="A piece of the text to find")]


# All of these are `async` though they wait for nothing: FastAPI sends plain functions to a thread, which costs more than
# the whole rest of a list.
async def resources_of(request: Request) -> Resources:
    """What the process holds."""
    resources: Resources = request.app.state.resources
    return resources


async def _open_session(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's transaction; its line of the audit log and the answer under an Idempotency-Key are kept in it, so that all
    happen or none does."""
    async with (await resources_of(request)).sessions() as session, session.begin():
        yield session
        await audit.note(session, request)
        await idempotency.keep(session)


def opens_transaction(call: object) -> bool:
    """Whether a dependency is the request's transaction, which ends after its route has answered."""
    return call is _open_session


async def _reads(request: Request) -> Reads:
    return (await resources_of(request)).reads


# scope="function": the transaction commits before the answer leaves (docs/architecture.md, rule 1)
Session = Annotated[AsyncSession, Depends(_open_session, scope="function")]
DbReads = Annotated[Reads, Depends(_reads)]
Res = Annotated[Resources, Depends(resources_of)]


async def page_params(
    page: Annotated[int, Query(ge=1, le=100_000, description="From 1")] = 1,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows per page")] = DEFAULT_LIMIT,
    sort: Sort = None,
) -> Page:
    """Paging and sorting of a list."""
    return Page(page, limit, sort)


PageParams = Annotated[Page, Depends(page_params)]


def etag(version: int) -> dict[str, str]:
    """The headers that name a record's version."""
    return {"ETag": f'"{version}"'}


async def _if_match(
    if_match: Annotated[str | None, Header(description="ETag of the version you changed")] = None,
) -> int | None:
    if if_match is None or if_match == "*":
        return None
    bare = if_match.removeprefix("W/").strip('"')
    if not (bare.isascii() and bare.isdecimal() and len(bare) <= VERSION_DIGITS):
        raise PreconditionFailed
    return int(bare)


IfMatch = Annotated[int | None, Depends(_if_match)]
