"""Partitions never tear a customer apart, and lose no row."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from py360.modules.uploads.cleaned import ISSUES, Cleaned
from py360.modules.uploads.importer.partitions import split

key = st.one_of(st.none(), st.integers(1, 8).map(str))
people = st.lists(st.tuples(key, key, key, key), min_size=1, max_size=60)


def _cleaned(rows: list[tuple[str | None, ...]]) -> Cleaned:
    accepted = pl.DataFrame(
        [(number, *row) for number, row in enumerate(rows, 1) if any(row)],
        schema={"row_no": pl.Int32, **dict.fromkeys(("customer_code", "pan", "phone", "email"), pl.String)},
        orient="row",
    )
    bad = [number for number, row in enumerate(rows, 1) if not any(row)]
    failed = pl.DataFrame(
        {"row_no": bad, "code": ["no_valid_contact"] * len(bad)}, schema={"row_no": pl.Int32, "code": pl.String}
    )
    issues = [
        (number, "error" if number in bad else "warning", "Phone", "x", "phone_invalid")
        for number in range(1, len(rows) + 1)
    ]
    return Cleaned(accepted, failed, pl.DataFrame(issues, schema=ISSUES, orient="row"))


@given(rows=people, partitions=st.integers(1, 4))
def test_every_row_has_one_lane_and_shares_no_key_with_another(
    rows: list[tuple[str | None, ...]], partitions: int
) -> None:
    whole = _cleaned(rows)
    parts = split(whole, partitions)
    for frame in ("accepted", "failed", "issues"):
        assert sorted(row for part in parts for row in getattr(part, frame)["row_no"]) == sorted(
            getattr(whole, frame)["row_no"]
        )
    for name in ("customer_code", "pan", "phone", "email"):
        held = [set(part.accepted[name].drop_nulls()) for part in parts]
        assert sum(map(len, held)) == len(set().union(*held)), name


def test_rows_that_share_nothing_are_spread() -> None:
    parts = split(_cleaned([(str(number), None, None, None) for number in range(1000)]), 2)
    assert min(part.accepted.height for part in parts) > 400
