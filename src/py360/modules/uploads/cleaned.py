"""What cleaning makes of a chunk of rows: typed rows for the staging table, failed rows, and issues."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from py360.modules.uploads.reading.rows import ROW

STAGING: Final = (
    "row_no", "policy_number", "customer_code", "first_name", "last_name", "email", "phone", "date_of_birth", "gender", "pan",
    "address", "customer_profile", "preferred_language", "policy_type", "product_name", "product_category",
    "premium_amount", "renewal_amount", "sum_insured", "start_date", "end_date", "renewal_date", "payment_frequency",
    "inception_date",
    "channel", "sub_channel", "branch", "region", "agent", "priority", "notes", "details",
)  # fmt: skip
ISSUES: Final = pl.Schema(
    {"row_no": pl.Int32, "severity": pl.String, "column_name": pl.String, "value": pl.String, "code": pl.String}
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of a chunk: rows ready for staging, failed rows with their first code, and every issue."""

    accepted: pl.DataFrame
    failed: pl.DataFrame
    issues: pl.DataFrame

    def without(self, rows: pl.Series) -> "Cleaned":
        """The same without some row numbers."""
        if rows.is_empty():
            return self
        kept = ~pl.col(ROW).is_in(rows.implode())
        return Cleaned(self.accepted.filter(kept), self.failed.filter(kept), self.issues.filter(kept))
