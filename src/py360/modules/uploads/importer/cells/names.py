"""Names of customers: forms of address are left out where they are beyond doubt, initials and parts of names are kept."""

from typing import Final

import polars as pl

# Beyond doubt, with or without a dot: no name begins with them as a word of its own.
_TITLE: Final = r"^(?i:mr|mrs|miss|shri|shriman|shrimati|smt|श्री|श्रीमती|कुमारी)(?:\.\s*|\s+)"
# Also initials (`MS Subramanian`) or names (`Sri Vidya`, `Kum Kum`): a title only with its dot, `Ms` also as it is written.
_DOTTED: Final = r"^(?i:ms|sri|kum|km|m/s)\.\s*(?:[^.\s]{2})"
_WRITTEN: Final = r"^Ms\s+"
_INITIALS: Final = (
    r"^MS\.\s*\p{Lu}\p{Ll}+$"  # `MS. Dhoni`: who writes the rest small has no reason for a title in capitals
)
_TITLE_ALONE: Final = r"^(?i:mr|mrs|miss|ms|shri|smt|kum|m/s|dr|श्री|श्रीमती|कुमारी)\.?$"  # nobody's name
_COMPANY: Final = (
    r"(?i)\b(pvt|private limited|ltd|limited|llp|inc|co|company|corporation|corp|motors?|textiles?|traders?|trading|enterprises?|industries"
    r"|agency|agencies|associates|brothers|bros|sons|stores?|works|services?|logistics|transports?|travels|school|college|hospital"
    r"|trust|society|bank|builders?|developers?|constructions?|foods?|exports?|imports?|jewellers?|medicals?|pharma\w*|hotels?"
    r"|mandir|temple|sansthan|sangh|samiti|udyog|bhandar)\b"
)


def without_title(names: pl.Series) -> pl.Series:
    """Names as they are kept: `MR.RAMESH PAWAR` is RAMESH PAWAR; firms, initials and given names stay whole."""
    spaced = names.str.replace_all(r"\s+", " ").str.strip_chars()
    frame = spaced.to_frame("name").with_columns(
        pl.when(~pl.col("name").str.contains(_TITLE_ALONE)).then(pl.col("name")).alias("name")
    )
    name = pl.col("name")
    bare = (
        pl.when(name.str.contains(_TITLE))
        .then(name.str.replace(_TITLE, ""))
        .when(name.str.contains(_DOTTED) & ~name.str.contains(_INITIALS))
        .then(name.str.replace(r"^\S+?\.\s*", ""))
        .when(name.str.contains(_WRITTEN))
        .then(name.str.replace(_WRITTEN, ""))
        .otherwise(name)
    )
    whole = name.str.contains(_COMPANY) | (bare.str.len_chars() < 2) | bare.str.contains(r"(?i)^(&|and\b|एवं|और)")
    return frame.select(pl.when(whole).then(name).otherwise(bare).alias("name"))["name"]


def split(whole: pl.Series, given: pl.Series, family: pl.Series) -> tuple[pl.Series, pl.Series]:
    """First and last name from a whole name, or from its parts where the file has them."""
    parts = without_title(whole).str.extract_groups(r"^(?:(.*) )?(\S+)$").struct.unnest()
    names = pl.DataFrame({"given": without_title(given), "family": family, "front": parts["1"], "back": parts["2"]})
    alone = pl.col("front").is_null()
    both = names.select(
        pl.coalesce("given", pl.when(alone).then("back").otherwise("front")).alias("first"),
        pl.coalesce("family", pl.when(pl.col("given").is_null() & ~alone).then("back"), pl.lit("")).alias("last"),
    )
    return both["first"], both["last"]
