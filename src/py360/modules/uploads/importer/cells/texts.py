"""Texts of cells in one spelling: marks that nobody sees, quotes of programs, digits of other scripts, full-width letters.

Identifiers (policy numbers, customer codes) are compared everywhere by `key_of` what `identifier` makes of them, so that a
number is the same number in every spelling.
"""

from typing import Final

import polars as pl

# Zeros of the scripts that our customers write, of Arabic and Urdu, and full-width.
_ZEROS: Final = "०০੦૦୦௦౦೦൦٠۰０"
_DIGITS: Final = {chr(ord(zero) + number): str(number) for zero in _ZEROS for number in range(10)}
_ANY_DIGIT: Final = "[" + "".join(f"{zero}-{chr(ord(zero) + 9)}" for zero in _ZEROS) + "]"
_UNREADABLE: Final = r"[\x00-\x08\x0a-\x1f\x7f]"
# Marks that come along when a number is copied from a chat or a contact; the joiners of Indian scripts are letters of theirs.
_INVISIBLE: Final = r"[\x{00ad}\x{034f}\x{061c}\x{115f}\x{1160}\x{17b4}\x{17b5}\x{180e}\x{2800}\x{3164}\x{ffa0}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{fe00}-\x{fe0f}\x{feff}]"
_QUOTES: Final = "'\"`´‘’“”′″"
_DASHES: Final = r"[\p{Pd}\x{2212}]"
# Other characters that look like a slash or a dash.
_LIKE_OURS: Final = {"\u2044": "/", "\u2215": "/", "\u29f8": "/", "\u2043": "-", "\u02d7": "-"}
# A number shown as an amount.
_GROUPED: Final = r"^(?:₹|(?i:rs\.?|inr))?\s*([0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3})(?:\.0+)?$"
_FORMULA: Final = r"^=.*[\"(&]"
_POINT_ZERO: Final = r"^([0-9]+)\.0+$"  # a number that went through a program that counts in fractions


def ascii_digits(texts: pl.Series) -> pl.Series:
    """Digits of other scripts as those that machines read."""
    return texts.str.replace_many(_DIGITS) if texts.str.contains(_ANY_DIGIT).any() else texts


def plain(texts: pl.Series) -> pl.Series:
    """Texts without control characters and invisible marks, and without what exports put around a text to protect it."""
    if texts.str.contains(f"{_UNREADABLE}|{_INVISIBLE}").any():
        texts = texts.str.replace_all(_INVISIBLE, "").str.replace_all(_UNREADABLE, " ").str.strip_chars()
    # How exports, ours too, keep a spreadsheet program from running or rounding a text.
    if texts.str.starts_with("'").any() or texts.str.starts_with("=").any():
        texts = texts.str.replace(r"^'([=+\-@0-9])", "$1").str.replace(r'^="([^"]*)"$', "$1")
    return texts


def identifier(texts: pl.Series) -> pl.Series:
    """Policy numbers and codes as they are kept: no marks, no quotes around them, no `.0`, one space between words.

    Null for a formula, whose value is not in the file.
    """
    texts = plain(texts)
    if texts.str.contains(_FORMULA).any():
        texts = pl.select(pl.when(~texts.str.contains(_FORMULA)).then(texts))[:, 0]
    if (texts.str.len_bytes() > texts.str.len_chars()).any():
        texts = ascii_digits(texts.str.normalize("NFKC").str.replace_all(r"\p{Cf}", "").str.replace_many(_LIKE_OURS))
    bare = texts.str.replace(r"^=", "").str.strip_chars(_QUOTES + " ")
    bare = bare.str.replace_all(r"\s+", " ").str.replace(_POINT_ZERO, "$1").str.strip_chars()
    if bare.str.contains(_GROUPED).any():
        number = bare.str.extract(_GROUPED).str.replace_all(",", "", literal=True)
        bare = pl.select(pl.coalesce(number, bare))[:, 0]
    return bare.str.strip_chars_end(".,;: ")


def key_of(identifiers: pl.Series) -> pl.Series:
    """What makes two identifiers the same: letters of any case, any kind of dash, with or without spaces."""
    keys = identifiers.str.to_uppercase().str.replace_all(r"\s", "")
    return keys.str.replace_all(_DASHES, "-") if keys.str.contains(_DASHES).any() else keys


def key_hash(keys: pl.Series) -> pl.Series:
    """Keys as numbers of 64 bits, for whole files: of a million, two are alike in one file of 37 million."""
    return keys.hash(seed=360)
