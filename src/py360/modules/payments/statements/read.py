"""Lines from a file: what each says, or why it says nothing that can be used. Nothing is left out in silence."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final, Literal

from py360.kit.errors import Invalid
from py360.modules.payments.statements import columns
from py360.modules.payments.statements.columns import BANK, KINDS, SETTLEMENT
from py360.modules.uploads import api as uploads

Kind = Literal["bank", "settlement"]
MOST_ROWS: Final = 50_000
ALIASES: Final = {"bank": BANK, "settlement": SETTLEMENT}
NEEDED: Final = {"bank": ("date", "credit"), "settlement": ("entity", "kind", "amount", "settlement")}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file. Amounts in INR; `outcome` and `problem` when it cannot be used."""

    row_no: int
    kind: str
    subject: str
    amount: Decimal | None = None
    fee: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    happened_on: date | None = None
    settlement: str | None = None
    utr: str | None = None
    narration: str | None = None
    words: Sequence[str] = field(default=())
    outcome: str = "unmatched"
    problem: str | None = None


async def read(kind: Kind, content: bytes) -> list[Line]:
    """The lines of a file, read in the bounded child process. Raises Invalid when it lacks a column, or has too many rows or
    none, and what an upload raises for a file that cannot be read."""
    try:
        table = await uploads.read_table(content, columns.every(ALIASES[kind]), MOST_ROWS)
    except uploads.NoHeader as error:
        raise _columns_missing(kind, NEEDED[kind]) from error
    except uploads.EmptyFile as error:
        raise _no_rows() from error
    return _lines(kind, table)


def _columns_missing(kind: Kind, missing: Sequence[str]) -> Invalid:
    wanted = "; ".join(f"{name} ({', '.join(ALIASES[kind][name][:3])})" for name in missing)
    message = f"The file has no column for: {wanted}. Name the columns so and upload it again."
    return Invalid(message, code="columns_missing", details=[{"field": "file", "message": message}])


def _no_rows() -> Invalid:
    message = "The file has no rows below its headings."
    return Invalid(message, code="no_rows", details=[{"field": "file", "message": message}])


def _lines(kind: Kind, table: uploads.FileTable) -> list[Line]:
    if missing := columns.names(table.headings, ALIASES[kind], NEEDED[kind]):
        raise _columns_missing(kind, missing)
    if len(table.rows) > MOST_ROWS:
        message = f"A file may have at most {MOST_ROWS:,} rows. Split it."
        raise Invalid(message, code="too_many_rows", details=[{"field": "file", "message": message}])
    if not table.rows:
        raise _no_rows()
    make = _bank_line if kind == "bank" else _settlement_line
    found: list[Line] = []
    for row in table.rows:
        try:
            if row.problem:
                raise ValueError(row.problem)
            found.append(make(row))
        except ValueError as error:
            kind_of = "credit" if kind == "bank" else "adjustment"
            found.append(Line(row.number, kind_of, f"row {row.number}", outcome="invalid", problem=str(error)[:300]))
    return found


def _bank_line(row: uploads.FileRow) -> Line:
    get = _getter(row.cells, BANK)
    credit, debit = columns.money(get("credit")), columns.money(get("debit"))
    if credit and not debit and (credit < 0 or columns.went_out(get("side"))):
        debit, credit = abs(credit), None
    narration, reference = " ".join(get("narration").split()), columns.reference(get("reference"))
    happened_on = columns.day(get("date"))
    if not credit and debit:
        return Line(
            row.number, "debit", reference or f"row {row.number}", debit, happened_on=happened_on, outcome="ignored",
            narration=narration[:500], problem="Money that left the bank is no receipt.",
        )  # fmt: skip
    if credit is None or credit <= 0:
        raise ValueError("it has no amount that came in")
    if happened_on is None:
        raise ValueError(f"“{get('date')[:40]}” is not a date")
    subject = reference or f"{happened_on} {credit} {narration}"
    return Line(
        row.number, "credit", subject[:200], credit, happened_on=happened_on, utr=reference[:100] or None,
        narration=narration[:500] or None, words=columns.words(get("policy"), narration, reference),
    )  # fmt: skip


def _settlement_line(row: uploads.FileRow) -> Line:
    get = _getter(row.cells, SETTLEMENT)
    entity, amount = get("entity"), columns.money(get("amount"))
    if not entity:
        raise ValueError("it names no payment, refund or adjustment")
    if amount is None:
        raise ValueError(f"“{get('amount')[:40]}” is not an amount")
    kind = KINDS.get(get("kind").strip().casefold(), "adjustment")
    fee, tax = columns.money(get("fee")) or Decimal(0), columns.money(get("tax")) or Decimal(0)
    if tax > fee:
        raise ValueError("its tax is more than its fee")
    return Line(
        row.number, kind, entity[:200], abs(amount) if kind != "adjustment" else amount, fee, tax, columns.day(get("date")),
        get("settlement")[:100] or None, get("utr")[:100] or None,
    )  # fmt: skip


def _getter(cells: Mapping[str, str], aliases: columns.Aliases) -> Callable[[str], str]:
    return lambda column: columns.cell(cells, aliases, column)
