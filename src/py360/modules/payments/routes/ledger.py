"""The ledger: accounts and entries."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Query, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Search, listed, ok
from py360.kit.ids import number as key
from py360.modules.payments.access import CanReadLedger
from py360.modules.payments.ledger import queries
from py360.modules.payments.ledger.views import AccountList, LedgerEntryList
from py360.modules.payments.routes.base import router

Kind = Literal["charge", "receipt", "allocation", "refund", "dispute", "settlement", "deposit", "adjustment"]
Code = Literal[
    "receivable", "premium", "gateway_clearing", "settlement_clearing", "bank", "cash", "unallocated_credit", "refunds",
    "disputes", "chargebacks", "fees", "gst", "suspense",
]  # fmt: skip


@router.get("/ledger/accounts", response_model=Answer[AccountList])
async def accounts(reads: DbReads, caller: CanReadLedger) -> Response:
    """Every account of the ledger with its balance (INR), as far as the caller reaches."""
    return ok(await queries.accounts(reads, caller))


@router.get("/ledger/entries", response_model=Answer[LedgerEntryList])
async def entries(
    reads: DbReads,
    caller: CanReadLedger,
    page: PageParams,
    account: Code | None = None,
    kind: Kind | None = None,
    case_id: Annotated[str | None, Query(alias="caseId", max_length=100)] = None,
    since: Annotated[date | None, Query(alias="from", description="In India")] = None,
    until: Annotated[date | None, Query(alias="to", description="In India, this day included")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """The lines of the ledger, newest first; `search` finds a piece of the source, such as a gateway's number."""
    case = None if case_id is None else key("case", case_id)
    wanted = queries.EntryFilter(account, kind, case, since, until, search)
    return await listed(reads, queries.entries(caller, wanted, page.sort), page, as_file)
