"""The MIS report: one table with a section per subject (domain reference, 23)."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from py360.kit import export
from py360.kit.caller import Caller
from py360.kit.export import Column, Export
from py360.kit.reads import Reads
from py360.kit.wire import Schema
from py360.modules.analytics.charts.cases import NOT_GIVEN
from py360.modules.analytics.charts.money import MODES
from py360.modules.analytics.filters import NOT_RENEWED, Filters, Scope
from py360.modules.analytics.queries.cells import check
from py360.modules.analytics.queries.figures import Figures, buckets, figures_of, grouped, percent, series
from py360.modules.cases import api as cases

DataType = Literal["all", "cases", "payments", "trends", "teams", "channels"]
COLUMNS: Final = (
    "Section", "Item", "Cases", "Renewed", "Failed", "Renewal Rate %", "Amount", "Collected", "Pending",
)  # fmt: skip
_NAMES: Final = "select id, name from organization_public_node where id = any(%(ids)s)"


def _word(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class MisExport(Filters, Schema):
    """What the report is about, and as what file."""

    model_config = {"extra": "forbid"}  # noqa: RUF012  # Pydantic's own way
    data_type: Annotated[DataType, BeforeValidator(_word)] = "all"
    format: Annotated[str, Field(max_length=10, description="excel (xlsx), csv, pdf or json")] = "excel"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report; a line of payments has payments for cases."""

    section: str
    item: str
    cases: int
    renewed: int | None
    failed: int | None
    amount: Decimal
    collected: Decimal
    pending: Decimal | None

    def cells(self) -> Mapping[str, object]:
        """The cells under their headings."""
        ended = (self.renewed or 0) + (self.failed or 0)
        rate = percent(self.renewed, ended) if self.renewed is not None and ended else None
        values = (
            self.section, self.item, self.cases, self.renewed, self.failed, rate, self.amount, self.collected, self.pending,
        )  # fmt: skip
        return dict(zip(COLUMNS, values, strict=True))


async def mis(reads: Reads, caller: Caller, asked: MisExport, scope: Scope, today: date) -> Export:
    """The report as a file; raises Invalid for a format that we do not export."""
    export.ending_of(asked.format)
    await check(reads, caller, scope)
    chosen = SECTIONS if asked.data_type == "all" else {asked.data_type: SECTIONS[asked.data_type]}
    lines = [line for section in chosen.values() for line in await section(reads, caller, scope)]

    async def rows() -> AsyncIterator[Mapping[str, object]]:
        for line in lines:
            yield line.cells()

    columns = [Column(heading, _cell(heading)) for heading in COLUMNS]
    return export.export(_file_name(asked, scope, today), asked.format, columns, rows())


def _cell(heading: str) -> Callable[[Mapping[str, object]], object]:
    return lambda row: row[heading]


def _file_name(asked: MisExport, scope: Scope, today: date) -> str:
    parts = ["MIS_Report", asked.data_type, *scope.policy_types]
    if scope.statuses:
        parts.append("pending" if len(scope.statuses) > 1 else scope.statuses[0])
    return "_".join([*parts, scope.period.word, today.isoformat()])


def _line(section: str, item: str, parts: Sequence[Figures]) -> Line:
    """A line of cases from the figures of their statuses."""
    return Line(
        section,
        item,
        sum(each.cases for each in parts),
        sum(each.cases for each in parts if each.part == "renewed"),
        sum(each.cases for each in parts if each.part in NOT_RENEWED),
        sum((each.amount for each in parts), Decimal(0)),
        sum((each.collected for each in parts), Decimal(0)),
        sum((each.pending for each in parts), Decimal(0)),
    )


async def _cases(reads: Reads, caller: Caller, scope: Scope) -> list[Line]:
    found = await figures_of(reads, caller, scope, "opened", "status", "status")
    order = list(cases.LABELS)
    return [
        _line("Cases", cases.LABELS[each.key], [each]) for each in sorted(found, key=lambda each: order.index(each.key))
    ]


async def _payments(reads: Reads, caller: Caller, scope: Scope) -> list[Line]:
    found = await figures_of(reads, caller, scope, "paid", "method")
    modes = grouped(found, lambda each: MODES.get(each.key, each.key.title() or NOT_GIVEN))
    return [
        Line("Payments", mode, each.cases, None, None, each.amount, each.collected, None)
        for mode, each in modes.items()
    ]


async def _trends(reads: Reads, caller: Caller, scope: Scope) -> list[Line]:
    opened = await series(reads, caller, scope, "opened")
    ended = await series(reads, caller, scope, "ended")
    lines = []
    for key, name in buckets(scope.period, [each.key for each in (*opened, *ended)]):
        new = _line("Trends", name, [each for each in opened if each.key == key])
        over = _line("Trends", name, [each for each in ended if each.key == key])
        lines.append(Line("Trends", name, new.cases, over.renewed, over.failed, new.amount, new.collected, new.pending))
    return lines


@dataclass(frozen=True, slots=True)
class _Name:
    id: int
    name: str


async def _teams(reads: Reads, caller: Caller, scope: Scope) -> list[Line]:
    found = await figures_of(reads, caller, scope, "opened", "node_id", "status")
    nodes = sorted({int(each.key) for each in found})
    names = {each.id: each.name for each in await reads.fetch_all(_Name, _NAMES, {"ids": nodes})}
    return [_line("Teams", names.get(n, NOT_GIVEN), [each for each in found if each.key == str(n)]) for n in nodes]


async def _channels(reads: Reads, caller: Caller, scope: Scope) -> list[Line]:
    found = await figures_of(reads, caller, scope, "opened", "channel", "status")
    keys = sorted({each.key for each in found})
    return [_line("Channels", key or NOT_GIVEN, [each for each in found if each.key == key]) for key in keys]


Section = Callable[[Reads, Caller, Scope], Awaitable[list[Line]]]
SECTIONS: Final[Mapping[DataType, Section]] = {
    "cases": _cases,
    "payments": _payments,
    "trends": _trends,
    "teams": _teams,
    "channels": _channels,
}
