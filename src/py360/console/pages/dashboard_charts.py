"""How each chart of the API is drawn on the dashboard: as bars, as a plot, or as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast

from py360.console.api_client import Data, Json
from py360.console.listing import Column, Listing
from py360.console.navigation import text

Unit = Literal["number", "money", "percent"]


@dataclass(frozen=True, slots=True)
class Bars:
    """Names and numbers; `share`: a percentage that is shown beside the number."""

    name: str
    value: str
    unit: Unit = "number"
    share: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines or bars over `x`: pairs of a field and its name; `percent`: the API counts them from 0 to 1."""

    x: str
    lines: Sequence[tuple[str, str]]
    kind: Literal["line", "bar"] = "bar"
    money: bool = False
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of the rows."""

    columns: Sequence[Column]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart as its template takes it; `of` says which of the others it has."""

    of: Literal["bars", "plot", "table"]
    items: Sequence[dict[str, object]] = ()
    series: dict[str, object] | None = None
    kind: str = "bar"
    money: bool = False
    listing: Listing | None = None


def _table(*columns: Column) -> Table:
    return Table(columns)


CHARTS: Final[dict[str, Bars | Plot | Table]] = {
    "funnel": Bars("stage", "count", share="rate"),
    "policy-collection": Plot("policyType", (("collected", text("Paid")), ("pending", text("Waiting")))),
    "communication-modes": _table(
        Column("mode", text("Way"), "translated", lead=True),
        Column("count", text("Contacts"), "number"),
        Column("successRate", text("Arrived"), "percent"),
        Column("costPerContact", text("Cost each"), "money"),
        Column("cost", text("Cost"), "money"),
    ),
    "payment-modes": Bars("mode", "amount", "money", share="percentage"),
    "channel-distribution": Bars("channel", "count", share="percentage"),
    "due-date-analysis": Bars("timing", "count", share="percentage"),
    "payment-timeline": Plot("month", (("totalPayments", text("Payments")), ("onTimePayments", text("On time")))),
    "region-performance": _table(
        Column("region", text("Region"), "translated", lead=True, under="state"),
        Column("branch", text("Branch")),
        Column("count", text("Cases"), "number"),
        Column("renewed", text("Renewed"), "number"),
        Column("renewalRate", text("Rate"), "percent"),
    ),
    "manager-performance": _table(
        Column("manager", text("Manager"), "translated", lead=True, under="place"),
        Column("type", text("Level"), "label"),
        Column("count", text("Cases"), "number"),
        Column("renewed", text("Renewed"), "number"),
        Column("efficiency", text("Efficiency"), "percent"),
    ),
    "batch-status": _table(
        Column("batchId", text("Batch"), lead=True, under="fileName"),
        Column("renewed", text("Renewed"), "number"),
        Column("inProgress", text("In progress"), "number"),
        Column("pending", text("Pending"), "number"),
        Column("failed", text("Failed"), "number"),
        Column("total", text("Cases"), "number"),
    ),
    "payment-status": Plot(
        "batchId", (("received", text("Received")), ("pending", text("Pending"))), money=True
    ),
    "channel-collection": Bars("channel", "collected", "money", share="percentage"),
    "cost-per-renewal": _table(
        Column("channel", text("Channel"), "translated", lead=True),
        Column("volume", text("Renewals"), "number"),
        Column("costPerRenewal", text("Cost each"), "money"),
        Column("totalCost", text("Cost"), "money"),
    ),
    "payment-types": Bars("type", "amount", "money", share="percentage"),
    "persistency": _table(
        Column("month", text("Month"), "number", lead=True),
        Column("due", text("Ended"), "number"),
        Column("renewed", text("Renewed"), "number"),
        Column("byCount", text("By count"), "percent"),
        Column("byPremium", text("By premium"), "percent"),
    ),
    "success-rate": Plot("name", (("successRate", text("Success rate, %")),), "line", percent=True),
    "campaigns": _table(
        Column("name", text("Campaign"), link="/campaigns/{id}", lead=True),
        Column("status", text("Status"), "badge"),
        Column("audienceSize", text("Recipients"), "number"),
        Column("progress", text("Progress"), "percent"),
    ),
}  # fmt: skip


def drawn(chart_id: str, rows: Sequence[Data]) -> Drawn:
    """The chart with its rows; one that the dashboard does not know is a table of its fields."""
    how = CHARTS.get(chart_id)
    if isinstance(how, Bars):
        return Drawn("bars", items=[_item(how, row) for row in rows])
    if isinstance(how, Plot):
        series: dict[str, object] = {
            "x": [row[how.x] for row in rows],
            "lines": [{"name": name, "values": [_counted(how, row[key]) for row in rows]} for key, name in how.lines],
        }
        return Drawn("plot", series=series, kind=how.kind, money=how.money)
    columns = how.columns if how else [Column(key, key) for key in (rows[0] if rows else {})]
    linked = [
        Column(
            each.key,
            each.label,
            each.kind,
            "{cases}" if rows and "cases" in rows[0] else each.link,
            "",
            each.under,
            lead=each.lead,
        )
        if each.lead
        else each
        for each in columns
    ]
    for row in rows:  # what has no name is named so, not left blank
        for each in columns:
            if each.lead and row.get(each.key) in (None, ""):
                row[each.key] = text("Not given")
    return Drawn("table", listing=Listing(address="", path="", key="", title="", columns=linked, export=False))


def _counted(how: Plot, value: Json) -> Json:
    # A share is a number; the other values of a series are texts as well.
    return round(100 * cast(float, value), 1) if how.percent and value is not None else value


def _item(how: Bars, row: Data) -> dict[str, object]:
    return {
        "name": row[how.name],
        "value": max(float(cast(float, row[how.value])), 0),
        "unit": how.unit,
        "amount": row[how.value],
        "share": row.get(how.share) if how.share else None,
        "cases": row.get("cases") or "",
    }
