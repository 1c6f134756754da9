"""The people of a policy beside its customer: proposer, life assured, members, and through whom it was sold."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import polars as pl

Text = Callable[[str, int], pl.Series]  # a column's text, cut at a length
Warn = Callable[[pl.Series, str, str], None]  # rows, column, code
MOST_MEMBERS: Final = 20
# `Asha Sharma (self, 1985-07-30)`
_MEMBER: Final = (
    r"^(?<name>[^()]{1,200}?)\s*\(\s*(?<relationship>[^(),]{1,50}?)\s*(?:,\s*(?<born>[0-9/.-]{8,10})\s*)?\)$"
)


def details(
    texts: Mapping[str, pl.Series], out: Mapping[str, pl.Series], text: Text, warn: Warn, today: date
) -> pl.Series:
    """What a row says of them, as JSON under the names of the wire; null where it says nothing."""
    proposer, relationship = text("proposer_name", 200), text("proposer_relationship", 50)
    warn(proposer.is_null() & relationship.is_not_null(), "proposer_relationship", "person_without_name")
    life, born = text("life_assured_name", 200), _dates(texts["life_assured_date_of_birth"], today)
    warn(
        born.is_null() & texts["life_assured_date_of_birth"].is_not_null(),
        "life_assured_date_of_birth",
        "date_of_birth_invalid",
    )
    warn(life.is_null() & born.is_not_null(), "life_assured_date_of_birth", "person_without_name")
    nominee, customer = (
        text("nominee", 255),
        pl.select(
            pl.concat_str(out["first_name"], out["last_name"], separator=" ", ignore_nulls=True).str.strip_chars()
        )[:, 0],
    )
    manager, members = text("sales_manager", 200), _members(texts["insured_members"], out["policy_type"], warn, today)
    frame = pl.DataFrame({
        "proposer": proposer, "relationship": relationship, "life": life, "born": born.dt.to_string("iso"), "manager": manager,
        "members": members, "nominee": nominee, "customer": customer, "channel": out["channel"], "region": out["region"], "agent": out["agent"],
    })  # fmt: skip
    given = pl.any_horizontal(
        pl.col("proposer", "life", "nominee", "manager").is_not_null(), pl.col("members").is_not_null()
    )
    found = pl.struct(
        pl.when(pl.col("proposer").is_not_null())
        .then(pl.struct(pl.col("proposer").alias("name"), pl.col("relationship")))
        .alias("proposer"),
        pl.when(pl.col("life").is_not_null() | pl.col("nominee").is_not_null())
        .then(
            pl.struct(
                pl.coalesce("life", "customer").alias("name"),
                pl.when(pl.col("life").is_not_null()).then(pl.col("born")).alias("dateOfBirth"),
                pl.col("nominee").alias("nomineeDetails"),
            )
        )
        .alias("lifeAssured"),
        pl.when(pl.col("manager").is_not_null())
        .then(
            pl.struct(
                pl.col("manager").alias("salesManager"),
                pl.col("channel").alias("businessChannel"),
                pl.col("region").str.slice(0, 100),
                pl.col("agent").alias("agentName"),
            )
        )
        .alias("channelDetails"),
        pl.col("members"),
    )
    return frame.select(pl.when(given).then(found.struct.json_encode()).alias("details"))["details"]


def _dates(texts: pl.Series, today: date) -> pl.Series:
    """Days of birth as `1985-07-30` or `30/07/1985`; null for anything else, and for days to come."""
    iso = texts.str.strip_chars().str.replace(r"^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})$", "${3}-${2}-${1}")
    days = iso.str.to_date("%Y-%m-%d", strict=False)
    return pl.select(pl.when((days <= today) & (days.dt.year() > 1900)).then(days))[:, 0]


def _members(cells: pl.Series, kinds: pl.Series, warn: Warn, today: date) -> pl.Series:
    """The members of health policies, as lists; all of a cell or none of it."""
    frame = pl.DataFrame({"row": pl.int_range(cells.len(), eager=True), "cell": cells.str.split(";")})
    pieces = frame.explode("cell").with_columns(pl.col("cell").str.strip_chars()).filter(pl.col("cell") != "")
    read = pieces.with_columns(pl.col("cell").str.extract_groups(_MEMBER).alias("read")).unnest("read")
    read = read.with_columns(_dates(read["born"], today).alias("day"))
    good = pl.col("name").is_not_null() & (pl.col("born").is_null() | pl.col("day").is_not_null())
    member = pl.struct(
        pl.col("name"),
        pl.col("relationship").str.to_lowercase(),
        pl.col("day").dt.to_string("iso").alias("dateOfBirth"),
    )
    lists = read.group_by("row", maintain_order=True).agg(
        (good.all() & (pl.len() <= MOST_MEMBERS)).alias("good"), member.alias("members")
    )
    joined = frame.select("row").join(lists, on="row", how="left", maintain_order="left")
    has, health = cells.is_not_null(), (kinds == "health").fill_null(value=True)
    warn(has & ~joined["good"].fill_null(value=False), "insured_members", "members_invalid")
    warn(has & joined["good"].fill_null(value=False) & ~health, "insured_members", "members_not_health")
    usable = joined["good"].fill_null(value=False) & health
    return joined.with_columns(usable.alias("usable")).select(pl.when("usable").then("members"))["members"]
