"""Every component on one page, for those who build pages and for the tests of their look and accessibility."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Depends, Response

from py360.console.listing import Column, Filter, Listing
from py360.console.visit import PageRouter, Visit, VisitWith
from py360.kit import resources

router = PageRouter()
SAMPLE: Final = Listing(
    address="/components",
    path="",
    key="",
    title="Components",
    export=False,
    filters=(
        Filter("search", "Search", "search", placeholder="Case or customer"),
        Filter("status", "Status", choices=(("assigned", "Assigned"), ("renewed", "Renewed"))),
        Filter("from", "From", "date"),
    ),
    columns=(
        Column("id", "Case", link="/components", lead=True, under="policy", sort="id"),
        Column("customer", "Customer"),
        Column("status", "Status", "badge", sort="status"),
        Column("due", "Due", "day"),
        Column("amount", "Amount", "money"),
    ),
)
ROWS: Final = (
    {"id": "CASE-1", "policy": "DIR/2026/0001", "customer": "Asha Rao", "status": "assigned", "due": "2026-12-04", "amount": 18500},
    {"id": "CASE-2", "policy": "DIR/2026/0002", "customer": "Vikram Shah", "status": "renewed", "due": "2026-12-09", "amount": 1250000.5},
    {"id": "CASE-3", "policy": "DIR/2026/0003", "customer": "Meera Iyer", "status": "failed", "due": "2026-12-11", "amount": 9900},
)  # fmt: skip


@router.get("/components")
async def components(visit: Annotated[Visit, Depends(VisitWith(query=SAMPLE.query))]) -> Response:
    """Each component, with sample values."""
    now = resources.current().clock.now()
    happened = [
        {"title": "Renewed", "text": "The payment of ₹18,500 arrived.", "when": now, "who": "System", "tone": "good"},
        {"title": "Assigned", "text": "", "when": now - timedelta(hours=3), "who": "Asha Rao", "tone": ""},
    ]
    days = [(now - timedelta(days=back)).date().isoformat() for back in range(13, -1, -1)]
    series = {
        "x": days,
        "lines": [
            {"name": "Sent", "values": [120 + 9 * (n % 5) * n for n in range(14)]},
            {"name": "Paid", "values": [20 + 3 * n for n in range(14)]},
        ],
    }
    return visit.page(
        "components_page.html",
        listing=SAMPLE,
        rows=ROWS,
        happened=happened,
        series=series,
        pagination={"page": 2, "limit": 3, "total": 1234567, "totalPages": 411523},
    )
