"""Policy files as offices send them."""

import io
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import xlsxwriter

from py360.kit.reads import Reads

HEADINGS = (
    "Policy No.", "Cust Code", "Insured Name", "Mobile No", "E-mail ID", "Product", "Policy Start Dt", "Policy Expiry Dt",
    "Last Premium (INR)", "Renewal Premium (INR)", "Pay Freq",
)  # fmt: skip


def row(number: int, **over: Any) -> list[Any]:
    """One good row of a file; `over` replaces cells by heading."""
    cells = {
        "Policy No.": f"DM/2026/{number:05d}",
        "Cust Code": f"C{number:05d}",
        "Insured Name": f"Asha Sharma {number}",
        "Mobile No": f"98{number:08d}",
        "E-mail ID": f"asha{number}@example.com",
        "Product": "Private Car",
        "Policy Start Dt": "20/12/2025",
        "Policy Expiry Dt": "19/12/2026",
        "Last Premium (INR)": 10000 + number,
        "Renewal Premium (INR)": 11000 + number,
        "Pay Freq": "Annual",
    }
    return list((cells | over).values())


def csv_of(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    """A plain CSV of rows without commas."""
    return "\n".join([",".join(headings), *(",".join(str(cell) for cell in line) for line in rows)]).encode()


def xlsx_of(rows: Sequence[Sequence[Any]]) -> bytes:
    """A workbook whose first sheet holds these rows as they are."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet("Renewals")
    for at, line in enumerate(rows):
        sheet.write_row(at, 0, line)
    book.close()
    return buffer.getvalue()


Send = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Imported:
    """A policy as an import made it, with its customer and its case."""

    number: str
    name: str
    phone: str | None
    email: str | None
    code: str
    customer_id: int
    type: str
    premium: Decimal
    start: date
    end: date
    frequency: str


async def imported(reads: Reads) -> dict[str, Imported]:
    """Every open renewal, by its policy number."""
    rows = await reads.fetch_all(
        Imported,
        "select p.policy_number as number, c.full_name as name, c.phone, c.email, c.customer_code as code, c.id as customer_id,"
        " p.policy_type as type, r.renewal_amount as premium, p.start_date as start, p.end_date as end,"
        " p.payment_frequency as frequency"
        " from renewal_cases r join policies p on p.id = r.policy_id join customers c on c.id = p.customer_id order by p.policy_number",
    )
    return {row.number: row for row in rows}
