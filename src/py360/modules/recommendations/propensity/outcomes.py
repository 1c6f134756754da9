"""A file of outcomes, to start from before the installation has a history of its own.

A CSV with a column `lapsed` or `lapse` (1 or 0) and any of the features by their names. The public table `eudirectlapse`
(CASdatasets) is understood by its own headings. Each policy counts once. A cell that cannot be read is refused by its row and
column: a model would take it for one that is not known.
"""

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from py360.kit.errors import Invalid
from py360.modules.recommendations.propensity.features import (
    FEATURES,
    Column,
    Feature,
    Table,
    number_column,
    word_column,
)

MOST_ROWS: Final = 2_000_000
_RUPEES: Final = 90  # what the table's premiums are multiplied with in the sample portfolios made of it
UNKNOWN: Final = frozenset({"", "na", "n/a", "nan", "null", "none", "unknown"})
LARGEST: Final = 1e12
Row = Mapping[str, str]
Derived = Mapping[str, Callable[[Row], float | None]]  # features by how they follow from other columns


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Cases that ended: what was known of each, whether it lapsed, and groups that fairness is reported by."""

    table: Table
    lapsed: NDArray[np.bool_]
    region: Column
    source: str


def _float(text: str | None) -> float | None:
    """A number of a cell; None where it is not known. Raises ValueError for anything else."""
    bare = (text or "").strip()
    if bare.lower() in UNKNOWN:
        return None
    try:
        number = float(bare)
    except ValueError:
        number = math.nan
    if not abs(number) <= LARGEST:
        raise ValueError(bare[:60])
    return number


def _change(row: Row) -> float | None:
    last, final = _float(row.get("prem_last")), _float(row.get("prem_final"))
    return round(final / last - 1, 3) if last and final is not None else None


def _times(row: Row) -> float | None:
    return _float((row.get("prem_freqperyear") or "").partition(" ")[0])


def _premium(row: Row) -> float | None:
    premium = _float(row.get("prem_final"))
    return premium * _RUPEES if premium is not None else None


_EUDIRECTLAPSE: Final[Derived] = {
    "age": lambda row: _float(row.get("polholder_age")),
    "premium": _premium,
    "premium_change": _change,
    "payments_per_year": _times,
    "policies_held": lambda row: _float(row.get("policy_nbcontract")),
    "tenure_years": lambda row: _float(row.get("policy_age")),
}


def read(path: Path) -> Outcomes:
    """The outcomes of a file; raises Invalid, saying what it lacks, or which cell cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            headings = [heading.strip() for heading in reader.fieldnames or []]
            reader.fieldnames = headings
            rows = list(islice(reader, MOST_ROWS + 1))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Invalid(f"{path.name} is no CSV file in UTF-8: {error}.", code="outcomes_unreadable") from error
    label = next((name for name in ("lapsed", "lapse") if name in headings), None)
    if label is None:
        raise Invalid(f"{path.name} has no column “lapsed” (1 or 0).", code="outcomes_unreadable")
    if twice := sorted({name for name in headings if headings.count(name) > 1}):
        raise Invalid(f"{path.name} has several columns “{twice[0]}”.", code="outcomes_unreadable")
    if len(rows) > MOST_ROWS:
        raise Invalid(f"{path.name} has more than {MOST_ROWS:,} rows.", code="outcomes_too_many")
    derived = _EUDIRECTLAPSE if "prem_freqperyear" in headings else {}
    for number, row in enumerate(rows, 2):
        _check(path.name, number, row, label, derived)
    rows = _once(rows)
    known = {feature.name: _column(feature, rows, headings, derived) for feature in FEATURES}
    region = next((name for name in ("region", "vehicl_region") if name in headings), "")
    return Outcomes(
        table={name: column for name, column in known.items() if column is not None},
        lapsed=np.array([row[label] == "1" for row in rows]),
        region=word_column([row.get(region) or None for row in rows]),
        source=path.name,
    )


def _check(file: str, number: int, row: Row, label: str, derived: Derived) -> None:
    """Raise Invalid for a row whose outcome or numbers cannot be read."""
    if None in row:
        raise Invalid(f"{file}, row {number} has more cells than the first row.", code="outcomes_unreadable")
    if row[label] not in ("0", "1"):
        raise Invalid(
            f"{file}, row {number}: “{label}” is {row[label]!r}; it must be 1 or 0.", code="outcomes_unreadable"
        )
    for feature in FEATURES:
        if feature.kind == "category":
            continue
        try:
            _float(row.get(feature.name))
            if derive := derived.get(feature.name):
                derive(row)
        except ValueError as error:
            raise Invalid(
                f"{file}, row {number}: “{feature.name}” is {str(error)!r}; it must be a number of at most {LARGEST:,.0f},"
                " or empty where it is not known.",
                code="outcomes_unreadable",
            ) from error


def _once(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The first row of each policy: one that stands twice would be both learned from and judged by."""
    seen: dict[str, dict[str, str]] = {}
    return [
        seen.setdefault(number, row) if number else row
        for row in rows
        if (number := row.get("policy_number", "")) not in seen
    ]


def _column(feature: Feature, rows: list[dict[str, str]], headings: list[str], derived: Derived) -> Column | None:
    if feature.name in headings:
        texts = [row.get(feature.name) or None for row in rows]
        return word_column(texts) if feature.kind == "category" else number_column([_float(text) for text in texts])
    if derive := derived.get(feature.name):
        return number_column([derive(row) for row in rows])
    return None
