"""What became of this demo's campaign and payments, asked from the API."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

from py360.entrypoints.demo.answers import CasePayment, ClosedCase, Recipient
from py360.entrypoints.demo.funnel import Channel
from py360.entrypoints.demo.office import Office

AT_ONCE: Final = 8  # requests
PAGE: Final = 100


@dataclass(slots=True)
class Audience:
    """The campaign's recipients as its report lists them."""

    listed: dict[str, int] = field(default_factory=dict)  # by campaign
    refused: dict[str, int] = field(default_factory=dict)
    cases: set[str] = field(default_factory=set)
    written_to: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)
    clicked: set[str] = field(default_factory=set)


async def audience(office: Office, campaign: str) -> Audience:
    """Read the report of a campaign with all its channels."""
    found = Audience()
    report = await office.text(f"/campaigns/{campaign}/report", format="csv")
    for line in map(Recipient.model_validate, csv.DictReader(io.StringIO(report))):
        found.listed[line.campaign_id] = found.listed.get(line.campaign_id, 0) + 1
        found.cases.add(line.case_id)
        if line.status in ("failed", "bounced") and not line.sent_at:
            found.refused[line.campaign_id] = found.refused.get(line.campaign_id, 0) + 1
        for cases, moment in (
            (found.written_to, line.sent_at),
            (found.reached, line.delivered_at or line.opened_at or line.clicked_at),
            (found.opened, line.opened_at or line.clicked_at),
            (found.clicked, line.clicked_at),
        ):
            if moment:
                cases.add(line.case_id)
    return found


async def channels(office: Office, campaign: str, found: Audience) -> tuple[Channel, ...]:
    """The figures of every channel."""
    shown = await office.get(f"/campaigns/{campaign}")
    return tuple(
        Channel(
            channel=child["type"],
            planned=child["targetCount"],
            listed=found.listed.get(child["id"], 0),
            refused=found.refused.get(child["id"], 0),
            opted_out=child["metrics"]["unsubscribed"],
            **{
                name: child["metrics"][name]
                for name in ("sent", "skipped", "failed", "unknown", "delivered", "opened", "clicked", "bounced")
            },
        )
        for child in shown["campaigns"]
    )


@dataclass(slots=True)
class Renewals:
    """Cases that were renewed, their payments and their policies."""

    cases: int = 0
    amount: Decimal = Decimal(0)
    payments: int = 0
    paid: Decimal = Decimal(0)
    rolled: int = 0


async def renewals(office: Office, among: set[str], since: datetime) -> Renewals:
    """Which of these cases were renewed since a moment, and what was paid for them."""
    cases = [case async for case in _closed_since(office, since) if case.id in among]
    total = Renewals(len(cases), sum((case.renewal_amount or Decimal(0) for case in cases), Decimal(0)))
    limit = asyncio.Semaphore(AT_ONCE)

    async def look(case: ClosedCase) -> None:
        async with limit:
            detail = await office.get(f"/cases/{case.id}")
            history = await office.get(f"/cases/{case.id}/payment-history", limit=PAGE)
        total.rolled += detail["policyDetails"]["renewalDate"] > detail["renewalDate"]
        for amount in _captured(map(CasePayment.model_validate, history["payments"]), since):
            total.payments += 1
            total.paid += amount

    await asyncio.gather(*map(look, cases))
    return total


async def _closed_since(office: Office, since: datetime) -> AsyncIterator[ClosedCase]:
    """Renewed cases, the newest first."""
    after: dict[str, str] = {}
    while True:
        page = await office.get("/cases/closed", sort="-closedDate", limit=PAGE, **after)
        for case in map(ClosedCase.model_validate, page["cases"]):
            if case.closed_date < since:
                return
            yield case
        if not (cursor := page["pagination"].get("nextCursor")):
            return
        after = {"cursor": cursor}


def _captured(payments: Iterable[CasePayment], since: datetime) -> list[Decimal]:
    return [
        payment.captured_amount
        for payment in payments
        if payment.captured_at and payment.captured_at >= since and payment.captured_amount
    ]
