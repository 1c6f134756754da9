"""The dry run: everything an import does, inside a savepoint that is never kept."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, resources
from py360.kit.caller import Caller
from py360.modules.uploads import bulk
from py360.modules.uploads.cleaned import Cleaned
from py360.modules.uploads.fields import BY_NAME
from py360.modules.uploads.importer import layout, questions
from py360.modules.uploads.importer.clean import Plan, clean
from py360.modules.uploads.importer.layout import Opened
from py360.modules.uploads.issues import sentence
from py360.modules.uploads.schemas import MetadataIn
from py360.modules.uploads.service.receive import ReceivedFile, choice_of
from py360.modules.uploads.settings import upload_settings
from py360.modules.uploads.views import ChangeView, DifferenceView, IssueView, PreviewView

SHOWN: Final = 100
_DIFFERENCES: Final = f"""
select row_no, policy_number, previous, jsonb_build_object(
  'premium_amount', premium_amount, 'start_date', start_date, 'end_date', end_date, 'renewal_date', renewal_date,
  'policy_type', policy_type, 'product_name', product_name, 'sum_insured', sum_insured,
  'payment_frequency', payment_frequency, 'renewal_amount', renewal_amount) as now
from {bulk.TABLE} where outcome = 'changed' and previous is not null order by row_no limit {SHOWN}
"""


@dataclass(frozen=True, slots=True)
class _Difference:
    """A policy that a file would change: what it is, and what the file says."""

    row_no: int
    policy_number: str
    previous: dict[str, object]
    now: dict[str, object]

    def to_public(self) -> DifferenceView:
        """The fields that differ."""
        changes: list[ChangeView] = [
            {"field": name, "from": self.previous[name], "to": value}
            for name, value in self.now.items()
            if name in self.previous and value is not None and self.previous[name] != value
        ]
        return {"row": self.row_no, "policyNumber": self.policy_number, "changes": changes}


class _NeverKept(Exception):
    """Ends the savepoint."""


async def preview_file(session: AsyncSession, caller: Caller, file: ReceivedFile, metadata: MetadataIn) -> PreviewView:
    """What a file would do: counts, the differences of changed policies, what is wrong, and open questions.

    Raises what `errors` names when the file is refused.
    """
    limits = upload_settings()
    memory = await layout.remembered(session, caller.client_id)
    opened = await layout.open_file(file.path, choice_of(metadata), memory, limits)
    found, opened = await asyncio.to_thread(layout.scan_file, opened, limits)
    asked = [question.to_public() for question in questions.questions(opened, found)]
    opened = questions.decided(opened, found)
    answer: PreviewView = {
        "filename": file.name,
        "sheet": opened.table.sheet,
        "headerRow": opened.table.header_row,
        "totalRecords": found.rows,
        "status": "needs_input" if asked else "ready",
        "mapping": opened.mapping.to_public(),
        "questions": asked,
    }
    if asked:
        return answer
    accounting = await asyncio.to_thread(opened.accounting)
    tried = _Trial(session, caller.client_id, opened, questions.plan(opened, found))
    await tried.run()
    merged = pl.concat([opened.ignored(), *tried.issues])
    counts = tried.counts
    skipped = Counter({reason.value: rows for reason, rows in accounting.skipped.items()}) + found.left
    answer["accounting"] = {
        "read": accounting.read,
        "imported": counts["new"] + counts["changed"],
        "unchanged": counts["unchanged"],
        "failed": counts["rejected"],
        "skipped": dict(skipped),
    }
    answer["counts"] = {
        "new": counts["new"],
        "changed": counts["changed"],
        "unchanged": counts["unchanged"],
        "rejected": counts["rejected"],
    }
    answer["differences"] = tried.differences[:SHOWN]
    answer["errors"] = _issues(merged.filter(pl.col("severity") == "error"))
    answer["warnings"] = _issues(merged.filter(pl.col("severity") == "warning"))
    return answer


class _Trial:
    """An import, chunk by chunk, of which nothing is kept."""

    def __init__(self, session: AsyncSession, client_id: int, opened: Opened, plan: Plan) -> None:
        self.session, self.client_id, self.opened, self.plan = session, client_id, opened, plan
        self.counts: Counter[str] = Counter()
        self.differences: list[DifferenceView] = []
        self.issues: list[pl.DataFrame] = []
        self.known = bulk.Known()

    async def run(self) -> None:
        """Try every chunk."""
        today = resources.current().clock.today()
        headings = {name: self.opened.mapping.heading(name) for name in BY_NAME}
        chunks = iter(self.opened.chunks(upload_settings().chunk_rows))
        while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
            cleaned = await asyncio.to_thread(clean, chunk, self.plan, today)
            try:
                async with self.session.begin_nested():
                    await self._merge(cleaned)
                    raise _NeverKept
            except _NeverKept:
                pass
            self.counts["rejected"] += cleaned.failed.height
            self.issues += [cleaned.issues, bulk.unknown(cleaned.accepted, self.known, headings)]

    async def _merge(self, cleaned: Cleaned) -> None:
        await bulk.lock(self.session, self.client_id)
        copied = await asyncio.to_thread(bulk.payload, cleaned.accepted, self.client_id)
        await self.known.look_up(self.session, self.client_id, cleaned.accepted)
        await bulk.stage(self.session, copied)
        await bulk.place(self.session, self.known)
        outcome = await bulk.merge(self.session, None, "Preview")
        self.counts.update({name: rows for name, rows in outcome.items() if name != "failed"})
        self.counts["rejected"] += outcome.get("failed", 0)
        if len(self.differences) < SHOWN:
            found = await db.fetch_all(self.session, _Difference, _DIFFERENCES)
            self.differences += [each.to_public() for each in found]


def _issues(issues: pl.DataFrame) -> list[IssueView]:
    grouped = (
        issues.group_by("column_name", "value", "code").agg(pl.col("row_no").min(), pl.len()).sort("row_no", "code")
    )
    return [
        {"row": row, "column": column, "value": value, "code": code, "occurrences": rows, "message": sentence(code)}
        for column, value, code, row, rows in grouped.head(SHOWN).rows()
    ]
