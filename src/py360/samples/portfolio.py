"""A renewals list as an office sends it, made from a seed: title lines, a total, phones in every spelling, some bad rows.

The same seed, day and number of rows give the same file. Another seed gives other policies and other customers.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import xlsxwriter

USUAL_ROWS: Final = 600
DUE_WITHIN_DAYS: Final = 45
SHEET: Final = "Renewal Due List"
HEADINGS: Final = (
    "Sr No", "Policy No.", "Cust Code", "Insured Name", "Sex", "DOB", "Mobile No", "E-mail ID", "Address", "City", "State",
    "PIN", "Product", "Policy Start Dt", "Policy Expiry Dt", "Last Premium (INR)", "Renewal Premium (INR)", "Pay Freq",
    "Channel", "Language", "Remarks",
)  # fmt: skip
COLUMN: Final = {heading: at for at, heading in enumerate(HEADINGS)}

# Every so many rows, from that row on: one that the import must refuse, and why.
BAD_ROWS: Final = {
    "no_valid_contact": (127, 5),
    "premium_not_a_number": (89, 7),
    "policy_number_repeated": (113, 8),
    "expiry_before_start": (97, 9),
}
ODD_EMAIL: Final = (71, 3)  # one that is only warned about: the mobile is good

_WOMEN: Final = ("Asha", "Priya", "Meera", "Lakshmi", "Fatima", "Harleen", "सुनीता", "कविता", "Ananya", "Divya")
_MEN: Final = ("Rahul", "Suresh", "Imran", "Arjun", "Harpreet", "Vijay", "रमेश", "अमित", "Thomas", "Kiran")
_SURNAMES: Final = (
    "Sharma",
    "Reddy",
    "Nair",
    "Khan",
    "Iyer",
    "Chatterjee",
    "Patel",
    "Singh",
    "शर्मा",
    "वर्मा",
    "D'Souza",
    "Das",
)
_CITIES: Final = (
    ("Mumbai", "Maharashtra", "400001"), ("Delhi", "Delhi", "110001"), ("Kochi", "Kerala", "682001"),
    ("Bengaluru", "Karnataka", "560001"), ("Kolkata", "West Bengal", "700001"), ("Jaipur", "Rajasthan", "302001"),
)  # fmt: skip
_STREETS: Final = ("MG Road", "Park Street", "Nehru Nagar", "Station Road", "गांधी मार्ग")
_PRODUCTS: Final = (
    "Private Car",
    "Private Car",
    "Two Wheeler",
    "Commercial Vehicle",
    "Family Health Floater",
    "Home Shield",
)
_FREQUENCIES: Final = ("Annual", "Annual", "Half-yearly", "Quarterly")
_CHANNELS: Final = ("Online", "Branch", "Telecalling", "Partner")
_LANGUAGES: Final = ("English", "English", "Hindi", "Bengali")


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample as it was written: its data rows, and how many of them the import must refuse, by reason."""

    path: Path
    rows: int
    bad: dict[str, int]


def write(path: Path, seed: int, rows: int, today: date) -> Sample:
    """Write a sample workbook with so many data rows. Raises OSError when it cannot be written."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "dd-mm-yyyy"}) as book:
        sheet = book.add_worksheet(SHEET)
        sheet.write_row(0, 0, ["Motor and Retail - Renewal Due List"])
        sheet.write_row(1, 0, ["Generated on", today])
        sheet.write_row(3, 0, HEADINGS)
        for at, row in enumerate(policies(seed, rows, today), start=4):
            sheet.write_row(at, 0, row)
        sheet.write_row(rows + 5, 0, ["TOTAL", rows])
    return Sample(
        path, rows, {reason: sum(1 for at in range(rows) if _is(at, *every)) for reason, every in BAD_ROWS.items()}
    )


def policies(seed: int, rows: int, today: date) -> Iterator[list[Any]]:
    """The data rows, in the order of `HEADINGS`."""
    chance = random.Random(seed)
    before: list[Any] = []
    for at in range(rows):
        row = _policy(chance, seed, at, today)
        _spoil(row, at, before)
        before = row
        yield row


def _policy(chance: random.Random, seed: int, at: int, today: date) -> list[Any]:
    woman = chance.random() < 0.5
    first, last = chance.choice(_WOMEN if woman else _MEN), chance.choice(_SURNAMES)
    city, state, pin = chance.choice(_CITIES)
    due = today + timedelta(days=chance.randint(1, DUE_WITHIN_DAYS))
    start = _year_before(due) + timedelta(days=1)
    premium = chance.randint(1_800_00, 62_000_00) / 100
    latin = first.lower() if first.isascii() else "grahak"
    return [
        at + 1, f"PY/{today:%Y}/{seed:06}-{at + 1:05}", f"C{seed:06}{at + 1:05}", f"{first} {last}", "F" if woman else "M",
        date(chance.randint(1955, 2003), chance.randint(1, 12), chance.randint(1, 28)), _phone(chance, seed, at),
        f"{latin}.{seed}.{at + 1}@example.com", f"{chance.randint(1, 180)}, {chance.choice(_STREETS)}", city, state, pin,
        chance.choice(_PRODUCTS), start, due, premium, round(premium * chance.uniform(0.94, 1.12), 2),
        chance.choice(_FREQUENCIES), chance.choice(_CHANNELS), chance.choice(_LANGUAGES), "",
    ]  # fmt: skip


def _phone(chance: random.Random, seed: int, at: int) -> str | int:
    """A mobile of this very row, written as offices write them: a number, with 0, with +91 and spaces, as text."""
    digits = f"{chance.randint(6, 9)}{(seed * 100_003 + at * 7_919) % 10**9:09}"
    spelling = chance.randrange(4)
    if spelling == 0:
        return int(digits)
    return ("0" + digits, f"+91 {digits[:5]} {digits[5:]}", digits)[spelling - 1]


def _spoil(row: list[Any], at: int, before: list[Any]) -> None:
    if _is(at, *BAD_ROWS["no_valid_contact"]):
        row[COLUMN["Mobile No"]], row[COLUMN["E-mail ID"]] = "12345", ""
    if _is(at, *BAD_ROWS["premium_not_a_number"]):
        row[COLUMN["Last Premium (INR)"]] = row[COLUMN["Renewal Premium (INR)"]] = "NA"
    if _is(at, *BAD_ROWS["policy_number_repeated"]):
        row[COLUMN["Policy No."]] = before[COLUMN["Policy No."]]
    if _is(at, *BAD_ROWS["expiry_before_start"]):
        start, end = COLUMN["Policy Start Dt"], COLUMN["Policy Expiry Dt"]
        row[start], row[end] = row[end], row[start]
    if _is(at, *ODD_EMAIL):
        row[COLUMN["E-mail ID"]] = row[COLUMN["E-mail ID"]].replace("@", " at ")


def _is(at: int, every: int, first: int) -> bool:
    return at % every == first


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
