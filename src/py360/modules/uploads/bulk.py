"""A cleaned chunk into the database: COPY into a staging table, merged by customers and cases, and noted row by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources, sql
from py360.modules.cases import api as cases
from py360.modules.customers import api as customers
from py360.modules.identity import api as identity
from py360.modules.organization import api as organization
from py360.modules.uploads.cleaned import ISSUES, STAGING, Cleaned

TABLE: Final = "staging"
_NULL: Final = "\x01"  # control characters are cleaned away, so no text can look like it
_CREATE: Final = f"create temp table {TABLE} (like upload_staging including defaults) on commit drop"
_COPY: Final = f"copy {TABLE} (client_id, {', '.join(STAGING)}) from stdin (format csv, null '{_NULL}')"
_AGENTS: Final = f"""
update {TABLE} s set agent_id = k.id from unnest(%(texts)s::text[], %(ids)s::bigint[]) k (text, id) where s.agent = k.text
"""
_PLACES: Final = f"""
update {TABLE} s set branch_id = k.branch_id, node_id = k.node_id
from unnest(%(branches)s::text[], %(regions)s::text[], %(ids)s::bigint[], %(nodes)s::bigint[]) k (branch, region, branch_id, node_id)
where s.branch is not distinct from k.branch and s.region is not distinct from k.region
"""
_RECORD_ROWS: Final = sql.read(__file__, "record_rows")
_RECORD_REFUSED: Final = sql.read(__file__, "record_refused")
_RECORD_ISSUES: Final = sql.read(__file__, "record_issues")
_RECORD_FAILED: Final = """
insert into upload_rows (upload_id, row_no, outcome, code)
select %(upload)s, row_no, 'failed', code from unnest(%(rows)s::int[], %(codes)s::text[]) f (row_no, code)
"""
_FORGET_ISSUES: Final = """
delete from upload_row_issues i where upload_id = %(id)s and not exists
  (select from upload_rows r where r.upload_id = i.upload_id and r.row_no = i.row_no)
"""
_COUNT: Final = f"select outcome, count(*)::int as rows from {TABLE} group by outcome"


@dataclass(frozen=True, slots=True)
class _Outcome:
    outcome: str
    rows: int


async def do_not_wait_for_disk(session: AsyncSession) -> None:
    """This commit comes to the disk with a later one. What a power cut loses, a resumed import does again."""
    await db.execute(session, "set local synchronous_commit = off")


async def lock(session: AsyncSession, client_id: int) -> None:
    """Files of one client are merged one chunk at a time, whichever upload it belongs to; kept until the commit.

    The next worker to get the lock of one that was killed waits until nothing of it can be committed any more.
    """
    await db.execute(
        session, "select pg_advisory_xact_lock(hashtext('uploads.merge'), %(client)s::int)", {"client": client_id}
    )
    key = "hashtext('uploads.partition'), %(client)s::int"
    await db.execute(session, f"select pg_advisory_lock({key}), pg_advisory_unlock({key})", {"client": client_id})


async def join_merge(session: AsyncSession, client_id: int) -> None:
    """Say that this transaction merges for one that holds the lock."""
    await db.execute(
        session,
        "select pg_advisory_xact_lock_shared(hashtext('uploads.partition'), %(client)s::int)",
        {"client": client_id},
    )


class Known:
    """Agents and places that a file's texts name; each distinct text is looked up once per import."""

    def __init__(self) -> None:
        self.agents: dict[str, int | None] = {}
        self.places: dict[tuple[str | None, str | None], organization.Place | None] = {}

    async def look_up(self, session: AsyncSession, client_id: int, rows: pl.DataFrame) -> None:
        """Look up what these rows name and we do not know yet."""
        texts = [text for text in rows["agent"].drop_nulls().unique().to_list() if text not in self.agents]
        if texts:
            found = await identity.find_agents(session, client_id, texts)
            self.agents |= {text: found.get(text) for text in texts}
        named = rows.select("branch", "region").unique().rows()
        pairs = [pair for pair in named if any(pair) and pair not in self.places]
        if pairs:
            places = await organization.match_places(session, client_id, pairs)
            self.places |= {pair: places.get(pair) for pair in pairs}


def payload(rows: pl.DataFrame, client_id: int) -> bytes:
    """Accepted rows as COPY takes them."""
    framed = rows.select(pl.lit(client_id).alias("client_id"), *STAGING)
    return framed.write_csv(include_header=False, null_value=_NULL).encode()


async def stage(session: AsyncSession, copied: bytes) -> None:
    """Put accepted rows (`copied`: their `payload`) into a new staging table of this transaction."""
    await db.execute(session, _CREATE)
    async with (await db.connection(session)).cursor() as cursor, cursor.copy(_COPY) as copy:
        await copy.write(copied)
    await db.execute(session, f"analyze {TABLE} (row_no, policy_number, customer_code, phone)")


async def place(session: AsyncSession, known: Known) -> None:
    """Say of the staged rows what we know of their agents and places."""
    agents = {text: key for text, key in known.agents.items() if key is not None}
    if agents:
        await db.execute(session, _AGENTS, {"texts": list(agents), "ids": list(agents.values())})
    places = [(branch, region, place) for (branch, region), place in known.places.items() if place is not None]
    if places:
        params = {
            "branches": [branch for branch, _, _ in places],
            "regions": [region for _, region, _ in places],
            "ids": [place.branch_id for _, _, place in places],
            "nodes": [place.node_id for _, _, place in places],
        }
        await db.execute(session, _PLACES, params)


async def merge(session: AsyncSession, batch_id: int | None, created: str) -> dict[str, int]:
    """Customers, policies and cases of the staged rows; how many rows came out new, changed, unchanged and failed.

    `created`: the text of the first line of a case's history.
    """
    clock = resources.current().clock
    await customers.merge(session, TABLE)
    await cases.open(session, TABLE, batch_id=batch_id, created=created, now=clock.now(), today=clock.today())
    return {each.outcome: each.rows for each in await db.fetch_all(session, _Outcome, _COUNT)}


async def record(
    session: AsyncSession, upload_id: int, cleaned: Cleaned, known: Known, headings: Mapping[str, str]
) -> None:
    """Write the ledger and the issues of a chunk; `headings` are the office's names of our columns."""
    failed = {
        "upload": upload_id,
        "rows": cleaned.failed["row_no"].to_list(),
        "codes": cleaned.failed["code"].to_list(),
    }
    async with db.trusted(session):
        await db.execute(session, _RECORD_ROWS, {"upload": upload_id})
        await db.execute(session, _RECORD_FAILED, failed)
    names = {"customer": headings["customer_code"], "policy": headings["policy_number"]}
    await db.execute(session, _RECORD_REFUSED, {"upload": upload_id, **names})
    await record_issues(session, upload_id, pl.concat([cleaned.issues, unknown(cleaned.accepted, known, headings)]))


def unknown(rows: pl.DataFrame, known: Known, headings: Mapping[str, str]) -> pl.DataFrame:
    """Warnings for agents, branches and regions that nobody here has."""
    agents = [text for text, key in known.agents.items() if key is None]
    lost = [pair for pair, place in known.places.items() if place is None]
    unknown_places = pl.DataFrame(lost, schema={"branch": pl.String, "region": pl.String}, orient="row")
    nowhere = rows.select("row_no", "branch", "region").join(unknown_places, on=["branch", "region"], nulls_equal=True)
    found = [
        (rows.filter(pl.col("agent").is_in(agents)), "agent"),
        (nowhere.filter(pl.col("branch").is_not_null()), "branch"),
        (nowhere.filter(pl.col("branch").is_null()), "region"),
    ]
    return pl.concat(
        [
            frame.select(
                "row_no",
                pl.lit("warning").alias("severity"),
                pl.lit(headings[name]).alias("column_name"),
                pl.col(name).alias("value"),
                pl.lit(f"{name}_unknown").alias("code"),
            )
            for frame, name in found
        ]
    ).cast(ISSUES)


async def record_issues(session: AsyncSession, upload_id: int, issues: pl.DataFrame) -> None:
    """Write issues: errors row by row, warnings once per distinct value with how often it occurs."""
    if issues.is_empty():
        return
    warning = pl.col("severity") == "warning"
    grouped = issues.filter(warning).group_by("severity", "column_name", "value", "code")
    counted = grouped.agg(pl.col("row_no").min(), pl.len().cast(pl.Int32).alias("occurrences"))
    errors = issues.filter(~warning).with_columns(pl.lit(1, pl.Int32).alias("occurrences"))
    both = pl.concat([errors.select(sorted(errors.columns)), counted.select(sorted(errors.columns))]).sort("row_no")
    await db.execute(session, _RECORD_ISSUES, {"upload": upload_id, **_columns(both)})


def _columns(issues: pl.DataFrame) -> dict[str, list[object]]:
    return {
        "rows": issues["row_no"].to_list(),
        "severities": issues["severity"].to_list(),
        "columns": issues["column_name"].to_list(),
        "values": issues["value"].to_list(),
        "codes": issues["code"].to_list(),
        "occurrences": issues["occurrences"].to_list(),
    }


async def record_failed(session: AsyncSession, upload_id: int, cleaned: Cleaned) -> None:
    """Only the failed rows of a chunk and their errors: nothing of it is imported."""
    failed = {
        "upload": upload_id,
        "rows": cleaned.failed["row_no"].to_list(),
        "codes": cleaned.failed["code"].to_list(),
    }
    await db.execute(session, _RECORD_FAILED + " on conflict do nothing", failed)
    await record_issues(session, upload_id, cleaned.issues.filter(pl.col("severity") == "error"))


async def replace_issues(session: AsyncSession, upload_id: int, issues: pl.DataFrame) -> None:
    """The issues of the file as a whole, instead of what an earlier run wrote about rows that it did not import."""
    await db.execute(session, _FORGET_ISSUES, {"id": upload_id})
    await record_issues(session, upload_id, issues)
