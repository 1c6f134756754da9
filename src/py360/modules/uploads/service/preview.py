"""The dry run: everything an import does, inside a savepoint that is never kept."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.modules.uploads import bulk
from py360.modules.uploads.cleaned import Cleaned
from py360.modules.uploads.fields import BY_NAME
from py360.modules.uploads.importer import layout
from py360.modules.uploads.importer.clean import clean
from py360.modules.uploads.importer.layout import MappingChoice, Opened
from py360.modules.uploads.importer.scan import Scan
from py360.modules.uploads.issues import sentence
from py360.modules.uploads.schemas import MetadataIn
from py360.modules.uploads.service.receive import ReceivedFile, choice_of
from py360.modules.uploads.settings import UploadSettings, upload_settings

SHOWN: Final = 100
_DIFFERENCES: Final = f"""
select row_no, policy_number, previous, jsonb_build_object(
  'premium_amount', premium_amount, 'start_date', start_date, 'end_date', end_date, 'renewal_date', renewal_date,
  'policy_type', policy_type, 'product_name', product_name, 'sum_insured', sum_insured,
  'payment_frequency', payment_frequency, 'renewal_amount', renewal_amount) as now
from {bulk.TABLE} where outcome = 'changed' and previous is not null order by row_no limit {SHOWN}
"""


class _NeverKept(Exception):
    """Ends the savepoint."""


async def preview_file(
    session: AsyncSession, caller: Caller, file: ReceivedFile, metadata: MetadataIn
) -> dict[str, Any]:
    """What a file would do: counts, the differences of changed policies, what is wrong, and open questions.

    Raises what `errors` names when the file is refused.
    """
    limits = upload_settings()
    memory = await layout.remembered(session, caller.client_id)
    opened, found, asked = await _look(file, choice_of(metadata), memory, limits)
    answer: dict[str, Any] = {
        "filename": file.name,
        "sheet": opened.table.sheet,
        "headerRow": opened.table.header_row,
        "totalRecords": found.rows if found else opened.table.rows_hint,
        "mapping": opened.mapping.to_public(),
        "questions": asked,
    }
    if asked or found is None:
        return answer | {"status": "needs_input"}
    plan = layout.plan(opened, found)
    counts: Counter[str] = Counter()
    differences: list[dict[str, Any]] = []
    issues = [opened.ignored()]
    headings = {name: opened.mapping.heading(name) for name in BY_NAME}
    known, clock = bulk.Known(), resources.current().clock
    chunks = iter(opened.chunks(limits.chunk_rows))
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        cleaned = await asyncio.to_thread(clean, chunk, plan, clock.today())
        try:
            async with session.begin_nested():
                await _try(session, caller.client_id, cleaned, known, counts, differences)
                raise _NeverKept
        except _NeverKept:
            pass
        counts["rejected"] += cleaned.failed.height
        issues += [cleaned.issues, bulk.unknown(cleaned.accepted, known, headings)]
    merged = pl.concat(issues)
    return answer | {
        "status": "ready",
        "counts": {name: counts[name] for name in ("new", "changed", "unchanged", "rejected")},
        "differences": differences[:SHOWN],
        "errors": _issues(merged.filter(pl.col("severity") == "error")),
        "warnings": _issues(merged.filter(pl.col("severity") == "warning")),
    }


async def _look(
    file: ReceivedFile, choice: MappingChoice, memory: Mapping[str, MappingChoice], limits: UploadSettings
) -> tuple[Opened, Scan | None, list[dict[str, Any]]]:
    opened = await layout.open_file(file.path, choice, memory, limits)
    if asked := layout.questions(opened, None):
        return opened, None, asked
    found, opened = await asyncio.to_thread(layout.scan_file, opened, limits)
    return opened, found, layout.questions(opened, found)


async def _try(
    session: AsyncSession,
    client_id: int,
    cleaned: Cleaned,
    known: bulk.Known,
    counts: Counter[str],
    differences: list[dict[str, Any]],
) -> None:
    clock = resources.current().clock
    params = {"batch_id": None, "created": "Preview", "now": clock.now(), "today": clock.today()}
    await bulk.lock(session, client_id)
    copied = await asyncio.to_thread(bulk.payload, cleaned.accepted, client_id)
    await known.look_up(session, client_id, cleaned.accepted)
    await bulk.stage(session, copied)
    await bulk.place(session, known)
    outcome = await bulk.merge(session, params)
    counts.update({name: rows for name, rows in outcome.items() if name != "failed"})
    counts["rejected"] += outcome.get("failed", 0)
    if len(differences) < SHOWN:
        differences += [_difference(row) for row in await db.all(session, _DIFFERENCES)]


def _difference(row: db.Row) -> dict[str, Any]:
    before, after = row["previous"], row["now"]
    changes = [
        {"field": name, "from": before[name], "to": after[name]}
        for name in after
        if name in before and after[name] is not None and before[name] != after[name]
    ]
    return {"row": row["row_no"], "policyNumber": row["policy_number"], "changes": changes}


def _issues(issues: pl.DataFrame) -> list[dict[str, Any]]:
    grouped = (
        issues.group_by("column_name", "value", "code").agg(pl.col("row_no").min(), pl.len()).sort("row_no", "code")
    )
    return [
        {"row": row, "column": column, "value": value, "code": code, "occurrences": rows, "message": sentence(code)}
        for column, value, code, row, rows in grouped.head(SHOWN).rows()
    ]
