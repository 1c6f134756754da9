"""Duplicates of customers: found, merged, and the merge undone."""

from typing import Annotated

from fastapi import Path, Query, Response

from py360.kit.http import Answer, AsFile, Cursor, DbReads, PageParams, Search, Session, listed, ok
from py360.modules.customers import queries
from py360.modules.customers.access import CanChangeCustomers, CanReadCustomers
from py360.modules.customers.duplicates import merge, pairs
from py360.modules.customers.duplicates import queries as duplicates
from py360.modules.customers.duplicates.views import DuplicatesView, MergeSaved, PairList, PairSaved
from py360.modules.customers.routes.base import router
from py360.modules.customers.schemas import DismissIn, MergeIn

MergeId = Annotated[int, Path(ge=1, lt=2**63)]
PairId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/customers/duplicates", response_model=Answer[PairList])
async def list_duplicates(
    reads: DbReads,
    caller: CanReadCustomers,
    page: PageParams,
    cursor: Cursor = None,
    status: pairs.State = "open",
    reason: pairs.Reason | None = None,
    min_score: Annotated[int | None, Query(alias="minScore", ge=0, le=100)] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """Pairs of customers who may be the same person, both within reach, as the scan of last night found them; `sort=-score` is
    the surest first, and in the order of `id` the list may be gone through by cursor."""
    chosen = pairs.PairFilter(status, reason, min_score, search)
    return await listed(reads, pairs.pairs(caller, chosen, page.sort), page, as_file, cursor)


@router.post("/customers/duplicates/{pair_id}/dismiss", response_model=Answer[PairSaved])
async def dismiss_duplicate(session: Session, caller: CanChangeCustomers, pair_id: PairId, body: DismissIn) -> Response:
    """They are two people: the pair leaves the list, and does not come back."""
    await pairs.dismiss(session, caller, pair_id, body.reason)
    return ok({"id": pair_id, "message": "They stay two customers, and are not listed again."})


@router.post("/customers/duplicates/{pair_id}/reopen", response_model=Answer[PairSaved])
async def reopen_duplicate(session: Session, caller: CanChangeCustomers, pair_id: PairId) -> Response:
    """Look at a dismissed pair again."""
    await pairs.reopen(session, caller, pair_id)
    return ok({"id": pair_id, "message": "The pair is in the list again."})


@router.get("/customers/{customer}/duplicates", response_model=Answer[DuplicatesView])
async def customer_duplicates(reads: DbReads, caller: CanReadCustomers, customer: str) -> Response:
    """Who may be the same person: same phone, e-mail or date of birth with a similar name, or nearly the same name."""
    found = await queries.customer(reads, caller, customer)
    return ok(await duplicates.find(reads, caller, found))


@router.post("/customers/{customer}/merge", response_model=Answer[MergeSaved])
async def merge_customers(
    session: Session, reads: DbReads, caller: CanChangeCustomers, customer: str, body: MergeIn
) -> Response:
    """Merge a duplicate into this customer: its policies move here, and what is missing here is filled in."""
    kept = await queries.customer(reads, caller, customer)
    duplicate = await queries.customer(reads, caller, str(body.duplicate_id))
    done = await merge.merge(session, caller, kept, duplicate, body.reason)
    return ok(_saved(done, f"{done.merged.customer_code} was merged into {done.kept.customer_code}."))


@router.post("/customers/{customer}/merges/{merge_id}/undo", response_model=Answer[MergeSaved])
async def undo_merge(
    session: Session, reads: DbReads, caller: CanChangeCustomers, customer: str, merge_id: MergeId
) -> Response:
    """Undo a merge: the policies go back, and what was filled in is taken out where it still stands."""
    kept = await queries.customer(reads, caller, customer)
    done = await merge.undo(session, caller, kept, merge_id)
    return ok(_saved(done, f"{done.merged.customer_code} is a customer of its own again."))


def _saved(done: merge.Merged, message: str) -> MergeSaved:
    return {
        "mergeId": done.merge_id,
        "keptId": done.kept.customer_code,
        "mergedId": done.merged.customer_code,
        "policies": done.policies,
        "filled": done.filled,
        "message": message,
    }
