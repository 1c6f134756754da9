"""Corrections by hand stand against the file that had it wrong (ADR 47).

A record remembers, under `corrected`, what the file had in each column that people corrected. A file that says that
again says nothing new: the staged row takes the correction. A file that says something else is newer than the correction.
"""

from collections.abc import Mapping
from typing import Any, Final

REMEMBER: Final = "corrected = nullif(%(corrected)s::jsonb || coalesce(corrected, '{}'), '{}')"  # what a file had stays


def filed_values(before: Mapping[str, Any], changed: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """The values to remember of the columns that change by hand; JSON, where a file can say them."""
    return {name: None if before[name] is None else str(before[name]) for name in changed if name in columns}


def held(alias: str, columns: Mapping[str, str]) -> str:
    """The SET list on the staging table `s`: the corrected value wherever the row says what the file had before."""
    return ", ".join(
        f"{name} = case when {alias}.corrected ? '{name}'"
        f" and ({alias}.corrected ->> '{name}')::{type} is not distinct from s.{name} then {alias}.{name} else s.{name} end"
        for name, type in columns.items()
    )


def forgotten(alias: str, columns: Mapping[str, str]) -> str:
    """The value of `corrected` once a file, staged as `s`, has other values in some columns; to be formatted."""
    other = ", ".join(f"case when s.{name} <> {alias}.{name} then '{name}' end" for name in columns)
    return f"nullif({alias}.corrected - array_remove(array[{other}], null), '{{{{}}}}')"
