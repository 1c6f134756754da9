"""The HTTP face of billing."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Depends, Path, Query, Response

from py360.kit.http import Answer, AsFile, DbReads, PageParams, Res, Router, Search, Sort, listed, ok
from py360.kit.wire import Day
from py360.modules.billing import charges, delivery, queries
from py360.modules.billing.access import CanSeeBilling
from py360.modules.billing.period import Period, period
from py360.modules.billing.views import (
    ChargeList,
    CommunicationStatsView,
    DeliveryList,
    SummaryView,
    VendorList,
    VendorPerformanceView,
)

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


@router.get("/billing/summary", response_model=Answer[SummaryView])
async def summary(reads: DbReads, caller: CanSeeBilling, asked: Asked) -> Response:
    """What the services cost in a month or a range of days."""
    return ok(await charges.summary(reads, caller, asked))


@router.get("/billing/export", response_model=Answer[ChargeList])
async def export_charges(reads: DbReads, caller: CanSeeBilling, asked: Asked, as_file: AsFile = None) -> Response:
    """The charges per day and service; with `format` as a file. Not cut into pages."""
    return await listed(reads, charges.days(caller, asked), None, as_file)


@router.get("/billing/delivery-status", response_model=Answer[DeliveryList])
async def delivery_status(
    reads: DbReads,
    caller: CanSeeBilling,
    asked: Asked,
    page: PageParams,
    type: Annotated[Literal["individual", "bulk"], Query(description="Each message, or each campaign")] = "individual",
    channel: Channel | None = None,
    status: Annotated[Literal["delivered", "failed", "pending"] | None, Query(description="Of messages")] = None,
    search: Search = None,
    as_file: AsFile = None,
) -> Response:
    """What became of the messages of a period, one by one or by campaign; newest first."""
    if type == "bulk":
        return await listed(reads, delivery.campaigns(caller, asked, search, page.sort), page, as_file)
    return await listed(reads, delivery.messages(caller, asked, channel, status, search, page.sort), page, as_file)


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
