"""Which column feeds which field where the headings leave it open: the values decide, else the office is asked, with samples.

Several headings may name one field (`Phone` and `Mobile No`), a heading may be too short to say (`From`, `Client`), one column
may hold two fields (`20/12/2025 to 19/12/2026`). What the values decided says so in the mapping.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import polars as pl

from py360.modules.uploads.fields import DATES
from py360.modules.uploads.headings import heading_key, speaks_of_us
from py360.modules.uploads.importer.cells import amounts, contacts, dates, texts, words
from py360.modules.uploads.importer.cells.dates import Order
from py360.modules.uploads.importer.cells.placeholders import without_placeholders
from py360.modules.uploads.importer.mapping import Doubt, Mapping, Match

LOOK_AT: Final = 2_000  # rows whose values decide
_SAMPLES: Final = 3
_FEW: Final = 200  # rows that are enough to see what a column holds
_MOST: Final = 0.8  # of a column's values that must be of a kind
_NEARLY_ALL: Final = 0.95
_CLEARLY: Final = 5  # times as many usable values as the other column has
_AMOUNTS: Final = ("premium_amount", "renewal_amount")
# Fields of which a wrong column would do harm; between others the surest heading decides.
_ASKED: Final = (
    "policy_number", "customer_code", "customer_name", "email", "phone", "premium_amount", "renewal_amount", "start_date", "end_date",
    "renewal_date",
)  # fmt: skip
_FILLED_UP: Final = ("customer_name", "phone", "email")  # from another column, where one is blank in some rows
_WITH_TAX: Final = re.compile(r"\b(total|gross|payable|gst|tax|incl\w*|final)\b|कुल", re.IGNORECASE)
_TAX: Final = re.compile(
    r"\b(?:[csi]|ut)?gst\b(?! ?(?:no\b|number|in\b|rate|type|state|reg|%))|\bservice tax\b(?! ?(?:no\b|reg))",
    re.IGNORECASE,
)
# Words of headings that say something only together with the values.
_WEAK: Final = {
    "customer_name": {"client", "party", "insured", "member", "holder", "customer", "proposer", "assured", "owner", "person", "ग्राहक"},
    "phone": {"contact", "contacts", "mobile", "cell", "phone", "tel", "whatsapp", "sms", "number", "मोबाइल"},
    "email": {"mail", "email", "contact", "contacts", "id"},
    "start_date": {"from", "start", "starts", "begin", "begins", "inception", "commencement", "effective", "since", "wef", "से"},
    "end_date": {"to", "till", "until", "upto", "end", "ends", "expiry", "expires", "expire", "valid", "due", "तक"},
}  # fmt: skip
_NAME: Final = r"^[\p{L}\p{M}\s.,'’&/()-]*\p{L}[\p{L}\p{M}]+[\p{L}\p{M}\s.,'’&/()-]*$"


def decide(mapping: Mapping, headings: Sequence[str], rows: pl.DataFrame) -> Mapping:
    """The mapping as the values of some rows of the file show it; `doubts` and `samples` are for the questions left."""
    if rows.is_empty():
        return mapping
    sample = _Sample(headings, rows)
    for name, rivals in mapping.rivals.items():
        mapping = _choose_column(sample, mapping, name, rivals)
    mapping = _period(sample, mapping)
    mapping = _find_missing(sample, mapping)
    if mapping.missing:
        mapping = replace(mapping, samples={heading: sample.examples(heading) for heading in mapping.unmapped})
    return mapping


def usable(name: str, cells: pl.Series) -> pl.Series:
    """The values that cells would give to a field, null where they would give none."""
    return _READ.get(name, _read_text)(cells)


def tax_left_out(mapping: Mapping, heading: str) -> bool:
    """Whether a column that is not read holds the tax on a premium whose heading does not say that it includes it."""
    asked = [match.heading for name in reversed(_AMOUNTS) for match in mapping.matches if match.field == name]
    return bool(asked) and _TAX.search(heading) is not None and not _WITH_TAX.search(asked[0])


def unfit(mapping: Mapping, headings: Sequence[str], rows: pl.DataFrame) -> frozenset[str]:
    """Fields whose column is remembered from the last file of this layout, and holds nothing here that they could use."""
    sample = _Sample(headings, rows)
    return frozenset(
        match.field
        for match in mapping.matches
        if match.how == "remembered"
        and match.part is None
        and sample.cells(match.heading, _FEW).len()
        and sample.share(match.field, match.heading) == 0
    )


class _Sample:
    """Some rows of the file, column by column."""

    def __init__(self, headings: Sequence[str], rows: pl.DataFrame) -> None:
        self.rows = rows.gather_every(max(1, rows.height // LOOK_AT))
        self.columns = {heading: column for column, heading in enumerate(headings)}

    def cells(self, heading: str, most: int | None = None) -> pl.Series:
        cells = self.rows[f"c{self.columns[heading]}"]
        return cells if most is None else cells.drop_nulls().head(most)

    def examples(self, heading: str) -> list[str]:
        found = self.cells(heading, _FEW).unique(maintain_order=True).head(_SAMPLES)
        return [text[:100] for text in found.to_list()]

    def usable(self, name: str, heading: str, most: int | None = None) -> pl.Series:
        """The values that a column would give to a field, null where it would give none."""
        return usable(name, self.cells(heading, most))

    def share(self, name: str, heading: str) -> float:
        """Which part of a column's values a field could use."""
        values = self.usable(name, heading, _FEW)
        return 1 - values.null_count() / values.len() if values.len() else 0.0


def _read_identifier(cells: pl.Series) -> pl.Series:
    return texts.key_of(without_placeholders(texts.identifier(cells)))


def _read_name(cells: pl.Series) -> pl.Series:
    names = without_placeholders(texts.plain(cells)).str.to_lowercase().str.replace_all(r"[\s.]+", " ")
    return pl.select(pl.when(names.str.contains(r"\p{L}{2}")).then(names.str.strip_chars()))[:, 0]


def _read_amount(cells: pl.Series) -> pl.Series:
    rupees = amounts.rupees(texts.plain(cells)).cast(pl.Float64)
    return pl.select(pl.when(rupees > 0).then(rupees))[:, 0]


def _read_date(cells: pl.Series) -> pl.Series:
    digits = texts.ascii_digits(texts.plain(cells))
    return dates.parse(digits, Order.DAY_FIRST).fill_null(dates.parse(digits, Order.MONTH_FIRST))


def _read_text(cells: pl.Series) -> pl.Series:
    return without_placeholders(texts.plain(cells))


_READ: Final[dict[str, Callable[[pl.Series], pl.Series]]] = {
    "policy_number": _read_identifier,
    "customer_code": _read_identifier,
    "customer_name": _read_name,
    "email": lambda cells: contacts.emails(texts.plain(cells)).values,
    "phone": lambda cells: contacts.mobiles(texts.plain(cells)).values,
    **dict.fromkeys(_AMOUNTS, _read_amount),
    **dict.fromkeys(DATES, _read_date),
}


def _choose_column(sample: _Sample, mapping: Mapping, name: str, rivals: Sequence[Match]) -> Mapping:
    """Choose one of several columns that name a field, by their values; a doubt when these leave it open."""
    values = {match: sample.usable(name, match.heading) for match in rivals}
    counts = {match: found.len() - found.null_count() for match, found in values.items()}
    most = max(counts.values())
    if not most:
        return mapping
    left = [match for match in rivals if counts[match] * _CLEARLY >= most]
    sure = rivals[0]
    named = [match for match in left if match.how != "fuzzy" or _same_heading(match, rivals)]
    left = named or left
    if len(left) == 1 or name not in _ASKED:
        best = sure if sure in left else max(left, key=lambda match: counts[match])
        return mapping if best is sure else _chosen(mapping, best, _hardly_filled(sample, sure, counts[sure]))
    if _agree(values, left):
        best = max(left, key=lambda match: counts[match])
        beside = [match for match in left if (values[match].is_not_null() & values[best].is_null()).any()]
        if beside and name in _FILLED_UP:
            names = _joined([f"“{match.heading}”" for match in beside])
            return _chosen(
                mapping,
                replace(best, others=tuple(beside)),
                f"{names} says the same, and is taken where this one is blank",
            )
        if best is sure or counts[best] == counts[sure]:
            return mapping
        return _chosen(mapping, best, f"it says the same as “{sure.heading}” and is filled in more rows")
    if best_known := _decided_by_values(sample, mapping, name, left, values):
        return mapping if best_known[0] is sure and sure.how == "exact" else _chosen(mapping, *best_known)
    samples = {match.heading: sample.examples(match.heading) for match in left}
    return replace(mapping, doubts=(*mapping.doubts, Doubt(name, tuple(left), samples)))


def _chosen(mapping: Mapping, match: Match, reason: str) -> Mapping:
    return mapping.with_matches(replace(match, how="values", reason=reason))


def _joined(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]


def _hardly_filled(sample: _Sample, match: Match, count: int) -> str:
    rows = sample.rows.height
    return (
        f"“{match.heading}” holds a value that can be used in {count:,} of {rows:,} rows looked at, this column in more"
    )


def _same_heading(match: Match, rivals: Sequence[Match]) -> bool:
    """Whether it is a heading that the file has twice: `Mobile No (2)`."""
    bare = re.sub(r" \(\d{1,4}\)$", "", match.heading)
    return bare != match.heading and any(other.heading == bare for other in rivals)


def _agree(values: dict[Match, pl.Series], left: Sequence[Match]) -> bool:
    """Whether the columns never differ where both say something."""
    first = values[left[0]]
    return all(not (values[other] != first).any() for other in left[1:])


def _decided_by_values(
    sample: _Sample, mapping: Mapping, name: str, left: Sequence[Match], values: dict[Match, pl.Series]
) -> tuple[Match, str] | None:
    """The column whose values show that it is the one, and how; None when a person must say."""
    own = [match for match in left if match.how == "exact" or _same_heading(match, left)]
    if name in ("policy_number", "customer_code") and own == [left[0]]:
        return left[0], "it is our own name for it"
    if name == "policy_number":
        unique = [
            match for match in left if values[match].drop_nulls().n_unique() >= _NEARLY_ALL * _filled(values[match])
        ]
        return (unique[0], "its numbers differ from row to row") if len(unique) == 1 else None
    if name in _AMOUNTS and len(left) == 2:
        return _with_tax(left, values)
    if name in ("start_date", "end_date"):
        return _whole_years(sample, mapping, name, left, values)
    return None


def _share_of(mask: pl.Series) -> float:
    """Which part of some values is true."""
    return int(mask.sum()) / mask.len() if mask.len() else 0.0


def _filled(values: pl.Series) -> int:
    return values.len() - values.null_count()


def _with_tax(left: Sequence[Match], values: dict[Match, pl.Series]) -> tuple[Match, str] | None:
    """The amount that the customer pays: the other one and its tax, and its heading says so."""
    for net, gross in (left, left[::-1]):
        more = (values[gross] / values[net]).drop_nulls()
        says_so = _WITH_TAX.search(gross.heading) and not _WITH_TAX.search(net.heading)
        if says_so and _share_of(more.is_between(1, 1.35)) >= _NEARLY_ALL:
            return gross, f"its amounts are those of “{net.heading}” with tax"
    return None


def _whole_years(
    sample: _Sample, mapping: Mapping, name: str, left: Sequence[Match], values: dict[Match, pl.Series]
) -> tuple[Match, str] | None:
    """The date that makes whole years with the other one."""
    other = mapping.match("end_date" if name == "start_date" else "start_date")
    if other is None:
        return None
    fixed = _read_date(sample.cells(other.heading))
    shares: dict[Match, float] = {}
    for match in left:
        pair = (values[match], fixed) if name == "start_date" else (fixed, values[match])
        shares[match] = _share_of(dates.whole_years(*pair))
    best = max(left, key=lambda match: shares[match])
    rest = max(share for match, share in shares.items() if match is not best)
    if shares[best] >= _NEARLY_ALL and rest < 0.5:
        return best, f"its dates are whole years from those of “{other.heading}”"
    return None


def _period(sample: _Sample, mapping: Mapping) -> Mapping:
    """A column whose cells hold the start and the end."""
    start, end = mapping.match("start_date"), mapping.match("end_date")
    if (start and end) or {"start_date", "end_date"} & set(mapping.values):
        return mapping
    known = start or end
    headings = [known.heading] if known else list(mapping.unmapped)
    periods = {
        heading: both
        for heading in headings
        if _share_of((both := dates.both_dates(sample.cells(heading)))[1].drop_nulls().is_not_null()) >= _MOST
        and both[1].null_count() <= (1 - _MOST) * both[1].len()
    }
    first = next(iter(periods), None)
    if first is None or any((both[1] != periods[first][1]).any() for both in periods.values()):
        return mapping  # periods of different policies or covers: a person says which
    parts = [
        Match(name, sample.columns[first], first, "values", part=part, reason="its cells hold a start and an end")
        for part, name in enumerate(("start_date", "end_date"))
    ]
    return mapping.with_matches(*parts)


def _find_missing(sample: _Sample, mapping: Mapping) -> Mapping:
    """Columns for what is missing still, whose headings say little and whose values say what they are."""
    for _, names in mapping.missing:
        if "start_date" in names or "end_date" in names:
            mapping = _dates_by_values(sample, mapping)
            continue
        fits = [match for name in names for match in _by_weak_heading(sample, mapping, name)]
        if "product_name" in names:
            fits = [match for heading in mapping.unmapped if (match := _product(sample, heading))]
        if len(fits) == 1:
            mapping = mapping.with_matches(fits[0])
    return mapping


def _by_weak_heading(sample: _Sample, mapping: Mapping, name: str) -> list[Match]:
    found = []
    for heading in mapping.unmapped:
        key = heading_key(heading)
        spoken = {*key.split(), key.replace(" ", "")}
        if not spoken & _WEAK.get(name, set()) or speaks_of_us(heading) is False:
            continue
        cells = sample.cells(heading, _FEW)
        if name == "customer_name" and _share_of(cells.str.contains(_NAME)) < _MOST:
            continue
        if sample.share(name, heading) >= _MOST:
            found.append(Match(name, sample.columns[heading], heading, "values", reason=_REASONS[name]))
    return found


_REASONS: Final = {
    "customer_name": "its values are names",
    "phone": "its values are mobile numbers",
    "email": "its values are e-mail addresses",
    "start_date": "its values are dates, and the terms that they begin are whole years",
    "end_date": "its values are dates, and the terms that they end are whole years",
}


def _product(sample: _Sample, heading: str) -> Match | None:
    cells = sample.cells(heading, _FEW)
    if speaks_of_us(heading) is False or _share_of(words.product_type([cells]).is_not_null()) < _NEARLY_ALL:
        return None
    return Match("product_name", sample.columns[heading], heading, "values", reason="its values are kinds of policies")


def _dates_by_values(sample: _Sample, mapping: Mapping) -> Mapping:
    """Start and end, of which one or both are missing: two columns of dates that are whole years apart."""
    known = {name: match for name in ("start_date", "end_date") if (match := mapping.match(name))}
    starts, ends = (
        [known[name]] if name in known else _by_weak_heading(sample, mapping, name)
        for name in ("start_date", "end_date")
    )
    pairs = []
    for start in starts:
        for end in ends:
            from_, to = (_read_date(sample.cells(match.heading)) for match in (start, end))
            if start.column != end.column and _share_of(dates.whole_years(from_, to)) >= _MOST / 2:
                pairs.append((start, end))
    if len(pairs) != 1:
        return mapping
    return mapping.with_matches(*(match for match in pairs[0] if match.field not in known))
