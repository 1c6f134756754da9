"""A value that was corrected by hand is kept until a file brings a new one (ADR 47).

A record keeps, under `corrected`, what the file had in each column that people corrected. A file that has the same value
again brings nothing new: the staged row takes the correction. Another value is newer than the correction.
"""

from collections.abc import Mapping
from typing import Any, Final

# The value that a file had first stays.
REMEMBER: Final = "corrected = nullif(%(corrected)s::jsonb || coalesce(corrected, '{}'), '{}')"


def filed_values(before: Mapping[str, Any], changed: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """What the file had in the columns that change by hand, as JSON; only of columns that files have."""
    return {name: None if before[name] is None else str(before[name]) for name in changed if name in columns}


def pinned(alias: str, columns: Mapping[str, str]) -> str:
    """The SET list on the staging table `s`: the corrected value wherever the row has what the file had before."""
    return ", ".join(
        f"{name} = case when {alias}.corrected ? '{name}'"
        f" and ({alias}.corrected ->> '{name}')::{type} is not distinct from s.{name} then {alias}.{name} else s.{name} end"
        for name, type in columns.items()
    )


def forgotten(alias: str, columns: Mapping[str, str]) -> str:
    """The value of `corrected` once a file, staged as `s`, has other values in some columns; to be formatted."""
    other = ", ".join(f"case when s.{name} <> {alias}.{name} then '{name}' end" for name in columns)
    return f"nullif({alias}.corrected - array_remove(array[{other}], null), '{{{{}}}}')"
