"""Amounts of rupees out of cells: grouped as in India or the West, in lakh and crore; never a credit taken for a crore."""

from typing import Final

import polars as pl

from py360.modules.uploads.importer.cells.texts import ascii_digits

# Plain, or grouped as in India or the West.
_MONEY: Final = r"^-?([0-9]+|[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3})(\.[0-9]+)?$"
_UNITS: Final = {
    **dict.fromkeys(("l", "lac", "lacs", "lakh", "lakhs", "लाख"), 100_000.0),
    **dict.fromkeys(("cr", "crore", "crores", "करोड़"), 10_000_000.0),
}
_IN_WORDS: Final = rf"(?i)^([0-9]+(?:\.[0-9]+)?)({'|'.join(_UNITS)})\.?$"
_CREDIT: Final = r"(?i)[0-9)]\s*\(?(cr|dr)\.?\)?$"  # how ledgers mark the side of an amount
_AS_LEDGER: Final = r"(?i)(,[0-9]{2,3}.*|\.[0-9]{2}\s*)cr\.?$|dr\.?$"
_HUNDREDS: Final = r"(?i)[0-9]{3}\s*cr\.?$"
# Units that a heading names: `Premium (in Lakhs)`, `Amount Rs. '000`; `Cr` only behind `in` or a bracket, else it is a ledger's.
_UNITS_OF_HEADINGS: Final = (
    (r"(?i)\b(?:lakhs?|lacs?)\b|लाख", 100_000),
    (r"(?i)\bcrores?\b|करोड़|[(\[]\s*(?:in |rs\.? |inr |₹ ?){0,3}cr\.?\s*[)\]]|\bin (?:rs\.? )?cr\b", 10_000_000),
    (r"(?i)\bthousands?\b|'000s?\b|\b000s\b|हज़ार|हजार", 1_000),
)
_CURRENCY: Final = (
    r"(?i)^'?\s*(?:₹|rs\.?|inr|रुपये|रु\.?)?\s*|\s*(?:₹|rs\.?|inr|रुपये|रु\.?)?\s*(?:/\s*[-=]+)?\s*(?:only)?\s*\.?$"
)
_SPACED: Final = r"^(-?[0-9]{1,3}(?: [0-9]{2,3})* [0-9]{3}(?:\.[0-9]+)?)$"  # grouped with spaces; other numbers beside each other are several


def ledger_marks(texts: pl.Series, of_premiums: bool = True) -> pl.Series:
    """Which amounts bear a ledger's `Cr` or `Dr`: behind paise or groups of digits, or in a column that has `Dr` too.

    `2 Cr.` and `1.5 Cr` are crores; `845 Cr` are, as a sum insured, but nobody pays such a premium.
    """
    marked = texts.str.contains(_CREDIT).fill_null(value=False)
    if not marked.any() or texts.str.contains(r"(?i)[0-9]\s*dr\.?$").any():
        return marked
    as_ledger = texts.str.contains(_AS_LEDGER)
    if of_premiums:
        as_ledger |= texts.str.contains(_HUNDREDS)
    return marked & as_ledger.fill_null(value=False)


def unit_of(heading: str) -> int:
    """How many rupees 1 is in a column with this heading."""
    text = pl.Series([heading])
    return next((rupees for words, rupees in _UNITS_OF_HEADINGS if text.str.contains(words)[0]), 1)


def rupees(texts: pl.Series, unit: int = 1) -> pl.Series:
    """Rupees as a decimal of two places, rounded half up; null where the text is no number.

    `unit`: what a number counts (`unit_of`) that says nothing else by itself.
    """
    text = ascii_digits(texts).str.replace_all(r"[\s\x{00a0}\x{202f}\x{2009}]+", " ").str.replace_all(_CURRENCY, "")
    text = text.str.replace(r"^(-) ?(?:₹|(?i:rs\.?|inr)) ?", "$1").str.replace(r"(?i)([0-9.]) ([a-z])", "$1$2")
    text = pl.select(
        pl.when(text.str.contains(_SPACED)).then(text.str.replace_all(" ", "", literal=True)).otherwise(text)
    )[:, 0]
    number = pl.select(pl.when(text.str.contains(_MONEY)).then(text.str.replace_all(",", "", literal=True)))[:, 0]
    amount = unit * number.cast(
        pl.Float64, strict=False
    )  # by way of doubles: exact for the 15 digits that a column takes
    if text.str.contains(_IN_WORDS).any():
        parts = text.str.to_lowercase().str.extract_groups(_IN_WORDS).struct.unnest()
        counted = parts["1"].cast(pl.Float64, strict=False) * parts["2"].replace_strict(_UNITS, default=None)
        amount = amount.fill_null(counted)
    return amount.round(2, mode="half_away_from_zero").cast(pl.Decimal(18, 2), strict=False)
