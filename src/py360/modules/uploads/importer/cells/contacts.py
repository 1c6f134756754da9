"""Mobiles and e-mail addresses out of cells; where a cell holds several, the first that can be used."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from py360.kit.addresses import LONGEST, mailbox
from py360.modules.uploads.importer.cells.texts import ascii_digits

# Addresses of the usual form, which are nearly all; `kit.addresses` is asked about the others, one by one.
_USUAL_EMAIL: Final = r"^[a-z0-9_+-]{1,30}(\.[a-z0-9_+-]{1,30})?@([a-z0-9]{1,30}(-[a-z0-9]{1,30})?\.){1,3}[a-z]{2,60}$"
_NAMED: Final = r"^[^<>]*<([^<>]*@[^<>]*)>$"  # Asha Sharma <asha@example.com>
_BETWEEN: Final = r"[;,|/]+|\s(?:and|or|&|एवं|और|या)\s"
_REMARK: Final = r"\([^@()]*\)|\[[^@\[\]]*\]|^\s*e?-?(?:mail|m|o|e)(?: ?id)?\s*[:=]\s*"  # (office), E-mail:
_AROUND: Final = "<>()[]\"'*"
# How a spreadsheet program shortens long numbers.
_SCIENTIFIC: Final = r"^\+?([0-9])(?:[.,]([0-9]+))?[eE](\+?)([0-9]{1,2})$"
_ALONE: Final = r"^(?:\+?91|0091|0)?0?([6-9][0-9]{9})$"
# A landline with its code set apart, which would be ten digits like a mobile: 079-26401234, 0612-2345678.
_LANDLINE: Final = r"(^|[^0-9])(?:\+?91[\s-]*)?\(?(?:0?(?:79|80)[\s)-]+[2-7][0-9]{7}|0[0-9]{3}[\s)-]+[2-5][0-9]{6}|0[0-9]{4}[\s)-]+[2-5][0-9]{5})([^0-9]|$)"
_INSIDE: Final = r"(?:^|[^0-9])(?:(?:\+|00)?91[\s.()-]*|0)?0?([6-9](?:[\s.-]?[0-9]){9})(?:[^0-9]|$)"
# A number of another country, whose last digits may look like a mobile of India.
_FOREIGN: Final = r"((?:^|[^0-9+])\+|(?:^|[,;/|]\s*)00)[\s(]*(?:[1-8]|9[02-9])[0-9\s().\-]*"
_GROUPED: Final = r"^[0-9]{1,3}(,[0-9]{2,3}){2,}$"
_MORE_DIGITS: Final = r"[0-9]{10}\s*[/,&;|]\s*[0-9]"
_NOBODYS: Final = r"^\+91(6{10}|7{10}|8{10}|9{10})$"  # what people type where they have no number, and somebody has it
# What people type where they have no address: noemail@noemail.com, na@na.com, xyz@xyz.com.
_NO_EMAIL: Final = r"^(na|nil|none|no|null|x{3,}|no[-.]?mail|no[-.]?e[-.]?mail(-?id)?|noid|abc|xyz|test|dummy|not-?available|notprovided)@(na|nil|none|no|null|x{3,}|no-?mail|no-?email|noid|abc|xyz|test|dummy|not-?available|notprovided|mail|email|example|gmail)\.(com|co|in|net|org|co\.in|none|na|null|email)$"
_TWO_NUMBERS: Final = 16  # digits of a cell that holds more than one number


@dataclass(frozen=True, slots=True)
class Contacts:
    """One column of contacts: what can be used, which cells held more than one, and which lost digits to a program."""

    values: pl.Series
    several: pl.Series
    shortened: pl.Series


def mobiles(texts: pl.Series) -> Contacts:
    """Indian mobiles as +91 and ten digits."""
    full, shortened = _in_full(ascii_digits(texts))
    given = full
    if full.str.contains(_FOREIGN).any():
        full = full.str.replace_all(_FOREIGN, " / ")
    if full.str.contains(_GROUPED).any():
        full = pl.select(
            pl.when(full.str.contains(_GROUPED)).then(full.str.replace_all(",", "", literal=True)).otherwise(full)
        )[:, 0]
    bare = full.str.replace(_LANDLINE, "$1 $2")
    bare = bare.str.replace(r"\.0+$", "").str.replace_all(r"[\s().\-\x{00a0}\x{2010}-\x{2015}]", "")
    whole = bare.str.extract(_ALONE)
    rest = full.filter(whole.is_null() & full.is_not_null()).unique()
    spaced = rest.str.replace_all(r"[\x{00a0}\x{2010}-\x{2015}]", " ")
    inside = spaced.str.replace_all(_LANDLINE, "$1 / $2").str.extract(_INSIDE).str.replace_all("[^0-9]", "")
    found = pl.DataFrame({"text": rest, "inside": inside})
    joined = pl.DataFrame({"text": full, "whole": whole}).join(found, on="text", how="left", maintain_order="left")
    number = pl.lit("+91") + pl.coalesce("whole", "inside")
    values = joined.select(pl.when(~number.str.contains(_NOBODYS)).then(number).alias("value"))[:, 0]
    several = (given.str.len_bytes() > _TWO_NUMBERS) & (given.str.count_matches("[0-9]") >= _TWO_NUMBERS)
    several |= given.str.contains(_MORE_DIGITS)
    return Contacts(values, several.fill_null(value=False) & values.is_not_null(), shortened)


def emails(texts: pl.Series) -> Contacts:
    """E-mail addresses in lower case, as `kit.addresses` accepts and writes them: domains of other scripts as `xn--`."""
    lower = texts.str.to_lowercase().str.strip_chars().str.strip_chars_end(".").str.replace(r"^mailto:\s*", "")
    lower = pl.select(pl.when(~lower.str.contains(_NO_EMAIL)).then(lower).alias("text"))[:, 0]
    whole = _addresses(lower)
    rest = lower.filter(whole.is_null() & lower.str.contains("@", literal=True)).unique()
    joined = pl.DataFrame({"text": lower, "whole": whole}).join(
        _parts(rest), on="text", how="left", maintain_order="left"
    )
    return Contacts(
        joined.select(pl.coalesce("whole", "inside"))[:, 0],
        joined.select(pl.col("inside").is_not_null() & (pl.col("addresses") > 1).fill_null(value=False))[:, 0],
        texts.is_null() & texts.is_not_null(),
    )


def _addresses(texts: pl.Series) -> pl.Series:
    """The address that each text is, null where it is none."""
    usual = texts.str.contains(_USUAL_EMAIL) & (texts.str.len_bytes() <= LONGEST)
    others = texts.filter(~usual & texts.str.contains("@", literal=True)).unique()
    known = {text: address.lower() for text in others if (address := mailbox(text))}
    found = texts.replace_strict(known, default=None, return_dtype=pl.String) if known else pl.lit(None, pl.String)
    return pl.select(pl.when(usual).then(texts).otherwise(found))[:, 0]


def _parts(texts: pl.Series) -> pl.DataFrame:
    """The first usable address in each text. Spaces are between addresses only where all pieces are addresses."""
    cells = texts.to_frame("text").with_columns(
        pl.col("text").str.replace(_NAMED, "$1").str.replace_all(_BETWEEN, "\n").str.split("\n").alias("part")
    )
    part = pl.col("part").str.replace_all(_REMARK, "").str.replace(_NAMED, "$1")
    parts = cells.explode("part").with_columns(part.str.strip_chars().str.split(" ")).with_row_index("at")
    tokens = parts.explode("part").with_columns(pl.col("part").str.strip_chars(_AROUND)).filter(pl.col("part") != "")
    tokens = tokens.with_columns(_addresses(tokens["part"]).alias("address"))
    tokens = tokens.with_columns(pl.col("address").is_not_null().all().over("at").alias("usable"))
    return tokens.group_by("text", maintain_order=True).agg(
        pl.col("address").filter(pl.col("usable")).first().alias("inside"),
        pl.col("part").str.contains("@", literal=True).sum().alias("addresses"),
    )


def _in_full(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Numbers that a program wrote as 9.876543210E+09, in full; and which have lost digits, as 9.87654E+09 has.

    Excel writes the sign of the exponent and rounds; Java writes none and all digits but zeros at the end: 9.87654321E9.
    """
    cut = texts.str.contains(_SCIENTIFIC).fill_null(value=False)
    if not cut.any():
        return texts, cut
    parts = texts.str.extract_groups(_SCIENTIFIC).struct.unnest()
    digits = pl.col("1") + pl.col("2").fill_null("")
    length = pl.col("4").cast(pl.UInt8) + 1
    lost = digits.str.len_bytes() + (pl.col("3") == "").cast(pl.UInt8) < length
    full = pl.when(~lost).then(digits.str.pad_end(length, "0").str.slice(0, length))
    found = parts.select(full.alias("full"), lost.fill_null(value=False).alias("lost"))
    return pl.select(pl.when(cut).then(found["full"]).otherwise(texts))[:, 0], found["lost"]
