"""The funnel of one demo, and whether its counts add up."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final

from pydantic.alias_generators import to_camel
from rich.table import Table

from py360.kit.money import format_inr, lakh

LABELS: Final = {"email": "e-mail", "sms": "SMS", "whatsapp": "WhatsApp"}


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of the campaign, in unique recipients.

    `sent` were handed over to the vendor, `refused` were not taken by it; `failed` and `bounced` have these and those that
    failed later. `listed` is how many recipients the campaign's report has.
    """

    channel: str
    planned: int
    listed: int = 0
    sent: int = 0
    skipped: int = 0
    refused: int = 0
    unknown: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    failed: int = 0
    bounced: int = 0
    opted_out: int = 0


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of one file. Amounts are in INR; `cases_*` and the rest are of this demo's campaign only."""

    file: str
    rows: int
    accepted: int
    failed: int
    new: int
    changed: int
    unchanged: int
    channels: tuple[Channel, ...] = ()
    cases_written_to: int = 0
    cases_reached: int = 0
    cases_opened: int = 0
    cases_clicked: int = 0
    payments: int = 0
    renewed: int = 0
    rolled: int = 0
    gateway_payments: int = 0
    paid_amount: Decimal = Decimal(0)
    renewed_amount: Decimal = Decimal(0)
    gateway_amount: Decimal = Decimal(0)
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())

    def problems(self) -> list[str]:
        """A sentence for each count that does not add up."""
        return [*self._of_the_file(), *self._of_the_campaign(), *self._of_the_payments()]

    def _of_the_file(self) -> Iterator[str]:
        if self.accepted + self.failed != self.rows:
            yield f"The file has {self.rows} rows, but {self.accepted} accepted + {self.failed} failed = {self.accepted + self.failed}."
        cases = self.new + self.changed + self.unchanged
        if cases != self.accepted:
            yield (
                f"{self.accepted} rows were accepted, but {self.new} new + {self.changed} changed + "
                f"{self.unchanged} unchanged = {cases}."
            )

    def _of_the_campaign(self) -> Iterator[str]:
        for one in self.channels:
            name = LABELS[one.channel]
            ended = one.sent + one.skipped + one.refused + one.unknown
            if ended != one.planned:
                yield (
                    f"{name}: {one.planned} messages were planned, but {one.sent} sent + {one.skipped} skipped + "
                    f"{one.refused} refused + {one.unknown} unknown = {ended}."
                )
            if one.listed != one.planned:
                yield f"{name}: {one.planned} messages were planned, but the report lists {one.listed} recipients."
            for more, less, larger, smaller in (
                ("sent", "delivered", one.sent + one.unknown, one.delivered),
                ("delivered", "opened", one.delivered, one.opened),
                ("opened", "clicked", one.opened, one.clicked),
            ):
                if smaller > larger:
                    yield f"{name}: more messages were {less} ({smaller}) than {more} ({larger})."

    def _of_the_payments(self) -> Iterator[str]:
        if self.payments != self.renewed:
            yield f"{self.payments} payments were captured, but {self.renewed} cases were renewed."
        if self.rolled != self.renewed:
            yield f"{self.renewed} cases were renewed, but {self.rolled} policies are in their next term."
        if self.gateway_payments != self.payments:
            yield f"The gateway captured {self.gateway_payments} payments, but {self.payments} are in the books."
        if self.paid_amount != self.renewed_amount:
            yield (
                f"The payments come to {format_inr(self.paid_amount)}, but the renewed cases' premiums to "
                f"{format_inr(self.renewed_amount)}."
            )
        if self.gateway_amount != self.paid_amount:
            yield (
                f"The gateway collected {format_inr(self.gateway_amount)}, but {format_inr(self.paid_amount)} are in "
                "the books."
            )

    def as_json(self) -> dict[str, Any]:
        """For scripts: the counts, and the problems."""
        values = {to_camel(name): value for name, value in asdict(self).items()}
        values |= {name: float(value) for name, value in values.items() if isinstance(value, Decimal)}
        values["channels"] = [{to_camel(name): value for name, value in one.items()} for one in values["channels"]]
        values["premiumCollected"] = lakh(self.paid_amount)
        values["problems"] = self.problems()
        return values | {"addsUp": not values["problems"]}


def table(funnel: Funnel) -> Table:
    """The funnel as people read it."""
    shown = Table(title=f"From file to renewed policy: {funnel.file}", title_justify="left", min_width=72)
    shown.add_column("")
    for one in funnel.channels:
        shown.add_column(LABELS[one.channel], justify="right")
    shown.add_column("All", justify="right", style="bold")
    for name, value in (
        ("Rows in the file", funnel.rows),
        ("  failed (see the error file)", funnel.failed),
        ("  accepted", funnel.accepted),
        ("Cases new", funnel.new),
        ("  changed", funnel.changed),
        ("  unchanged", funnel.unchanged),
    ):
        _line(shown, funnel, name, None, value)
    shown.add_section()
    for name, attribute, total in (
        ("Messages planned", "planned", None),
        ("  sent", "sent", None),
        ("  skipped (opted out, paid already)", "skipped", None),
        ("  refused by the vendor", "refused", None),
        ("  unknown", "unknown", None),
        ("Delivered (all: cases)", "delivered", funnel.cases_reached),
        ("Opened", "opened", funnel.cases_opened),
        ("Clicked", "clicked", funnel.cases_clicked),
        ("Failed", "failed", None),
        ("Bounced", "bounced", None),
        ("Opted out", "opted_out", None),
    ):
        _line(shown, funnel, name, attribute, total)
    shown.add_section()
    _line(shown, funnel, "Paid", None, funnel.payments)
    _line(shown, funnel, "Cases renewed", None, funnel.renewed)
    _line(shown, funnel, "Policies in their next term", None, funnel.rolled)
    _line(shown, funnel, "Premium collected", None, f"₹ {lakh(funnel.paid_amount)}")
    return shown


def _line(shown: Table, funnel: Funnel, name: str, attribute: str | None, total: int | str | None) -> None:
    counts: list[int] = [getattr(one, attribute) for one in funnel.channels] if attribute else []
    cells = [f"{count:,}" for count in counts] or [""] * len(funnel.channels)
    total = sum(counts) if total is None else total
    texts = [*cells, f"{total:,}" if isinstance(total, int) else total]
    shown.add_row(name, *texts)
