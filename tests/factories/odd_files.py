"""Workbooks of other offices."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from py360.modules.uploads.cleaned import Cleaned
from py360.modules.uploads.importer.clean import Plan, clean
from py360.modules.uploads.importer.mapping import map_headings
from tests.factories.policy_files import HEADINGS

TODAY = date(2026, 11, 24)


def cleaned(*rows: list[Any], headings: tuple[str, ...] = HEADINGS) -> Cleaned:
    """Rows cleaned as one chunk whose dates are day first."""
    columns = {f"c{at}": [None if line[at] == "" else str(line[at]) for line in rows] for at in range(len(headings))}
    frame = (
        pl.DataFrame({"row_no": list(range(2, len(rows) + 2)), **columns})
        .cast({"row_no": pl.Int32})
        .with_columns(problem=pl.lit(None, pl.String))
    )
    return clean(frame, Plan(map_headings(headings)), TODAY)


BOOKS = Path(__file__).parents[1] / "payloads" / "workbooks"  # made with LibreOffice; the .xlsb by hand after [MS-XLSB]
