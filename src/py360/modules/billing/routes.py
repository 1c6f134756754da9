"""The HTTP face of billing."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Response

from py360.kit.http import Answer, AsFile, DbReads, Res, Router, Search, Sort, listed, ok
from py360.kit.wire import Day
from py360.modules.billing import queries
from py360.modules.billing.access import CanSeeBilling
from py360.modules.billing.period import Period, period
from py360.modules.billing.views import CommunicationStatsView, VendorList, VendorPerformanceView

router = Router()
Channel = Literal["sms", "email", "whatsapp", "call"]
Number = Annotated[int, Path(gt=0, lt=2**63)]


def asked_period(
    resources: Res,
    month: Annotated[int | None, Query(ge=0, le=11, description="0 is January")] = None,
    year: Annotated[int | None, Query(ge=2000, le=2100)] = None,
    since: Annotated[Day | None, Query(alias="from", description="In India")] = None,
    until: Annotated[Day | None, Query(alias="to", description="In India, this day included")] = None,
) -> Period:
    """A month or a range of days; this month when nothing is asked."""
    return period(resources.clock.today(), month, year, since, until)


Asked = Annotated[Period, Depends(asked_period)]


@router.get("/billing/communication-stats", response_model=Answer[CommunicationStatsView])
async def communication_stats(reads: DbReads, caller: CanSeeBilling, asked: Asked) -> Response:
    """Messages that left, per day and channel, with their cost."""
    return ok(await queries.communication_stats(reads, caller, asked))


@router.get("/vendors", response_model=Answer[VendorList])
async def list_vendors(
    reads: DbReads,
    caller: CanSeeBilling,
    asked: Asked,
    channel: Channel | None = None,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """The accounts at vendors of messages and calls, and what went through them. Not cut into pages."""
    return await listed(reads, queries.vendors(caller, asked, channel, search, sort), None, as_file)


@router.get("/vendors/communications", response_model=Answer[VendorList])
async def vendor_communications(
    reads: DbReads,
    caller: CanSeeBilling,
    asked: Asked,
    channel: Channel | None = None,
    search: Search = None,
    sort: Sort = None,
    as_file: AsFile = None,
) -> Response:
    """The vendors by how much went through them, most first: counts, success and cost."""
    found = queries.vendors(caller, asked, channel, search, sort or "-totalCommunications")
    return await listed(reads, found, None, as_file)


@router.get("/vendors/{vendor_id}/performance", response_model=Answer[VendorPerformanceView])
async def vendor_performance(reads: DbReads, caller: CanSeeBilling, vendor_id: Number, asked: Asked) -> Response:
    """One vendor: the period, and its last twelve months."""
    year = Period(asked.last - timedelta(days=364), asked.last)
    return ok(await queries.performance(reads, caller, vendor_id, asked, year))
