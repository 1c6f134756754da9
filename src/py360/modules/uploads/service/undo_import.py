"""Undo an import: cases that were not worked on since are removed; what stays is listed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db, ids
from py360.kit.caller import Caller
from py360.kit.errors import Conflict
from py360.modules.cases import api as cases
from py360.modules.customers import api as customers
from py360.modules.uploads import bulk
from py360.modules.uploads.service.lock import lock_upload
from py360.modules.uploads.service.receive import push_live_update
from py360.modules.uploads.views import KeptRowView, UndoView

REASONS: Final = {
    "later_upload": "A later upload has this policy too; undo that first.",
    "case_worked_on": "The case was worked on, or the customer was written to or has paid.",
    "case_changed_since": "The case was changed after the import.",
    "policy_changed_since": "The policy was changed after the import.",
    "policy_in_use": "The policy has other cases.",
}
LISTED: Final = 1_000  # kept rows that are listed one by one
_CANDIDATES: Final = """
create temp table undo_rows on commit drop as
select row_no, customer_id, customer_is_new, policy_id, policy_is_new, case_id, case_is_new, previous, null::text as kept
from upload_rows where upload_id = %(id)s and outcome in ('new', 'changed')
"""
_LATER: Final = """
update undo_rows t set kept = 'later_upload'
where exists (
  select from upload_rows r join file_uploads u on u.id = r.upload_id and u.upload_status <> 'undone'
  where r.policy_id = t.policy_id and r.upload_id > %(id)s)
"""


@dataclass(frozen=True, slots=True)
class _KeptRow:
    """A row that is not undone, and the reason."""

    row_no: int
    case_id: int | None
    kept: str

    def to_public(self) -> KeptRowView:
        """As the answer lists it."""
        case = ids.code("case", self.case_id) if self.case_id else None
        return {"row": self.row_no, "caseId": case, "reason": self.kept, "message": REASONS[self.kept]}


async def undo(session: AsyncSession, caller: Caller, upload_id: int) -> UndoView:
    """Undo an upload. Raises Conflict while it runs, when it is undone already or when nothing can be undone.

    One that only repeated what was known has nothing to undo; an earlier one can be undone then.
    """
    upload = await lock_upload(session, caller, upload_id)
    if upload.status not in ("completed", "cancelled", "failed"):
        raise Conflict(f"This upload is {upload.status}; there is nothing to undo.", code="not_undoable")
    await bulk.lock(session, upload.client_id)
    until = await db.fetch_only(
        session, datetime, "select updated_at from upload_batches where upload_id = %(id)s", {"id": upload_id}
    )
    await db.execute(session, _CANDIDATES, {"id": upload_id})
    await db.execute(session, "create index on undo_rows (policy_id)")
    await db.execute(session, "analyze undo_rows")
    await db.execute(session, _LATER, {"id": upload_id})
    await customers.keep_changed(session, "undo_rows", until)
    removed = await cases.undo_import(session, "undo_rows", until)
    counts = await customers.undo_import(session, "undo_rows", until)
    kept = await db.fetch_all(
        session, _KeptRow, "select row_no, case_id, kept from undo_rows where kept is not null order by row_no"
    )
    public = [row.to_public() for row in kept]
    if kept and not removed and not any(counts.values()):
        raise Conflict(
            "Nothing of this upload can be undone.", code="nothing_to_undo", details=[dict(row) for row in public[:100]]
        )
    result: UndoView = {
        "uploadId": ids.code("upload", upload_id),
        "status": "undone",
        "casesRemoved": removed,
        "policiesRemoved": counts["policies_removed"],
        "policiesRestored": counts["policies_restored"],
        "customersRemoved": counts["customers_removed"],
        "keptRecords": len(kept),
        "kept": public[:LISTED],
    }
    await db.execute(
        session,
        "update file_uploads set upload_status = 'undone', undo_result = %(result)s where id = %(id)s",
        {"id": upload_id, "result": Jsonb(result)},
    )
    await db.execute(session, "update upload_batches set status = 'undone' where upload_id = %(id)s", {"id": upload_id})
    await push_live_update(session, upload_id)
    return result
