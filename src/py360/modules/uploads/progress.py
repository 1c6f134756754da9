"""How an import is getting on, pushed to open windows twice a second and more."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

from py360.kit import db, ids, live

EVERY_SECONDS: Final = 0.4
UNDER_WAY: Final = frozenset({"processing", "needs_input"})
USUAL_ROWS_PER_SECOND: Final = 12_000  # before this installation has imported anything itself


def pace_of(done: int, left: int, elapsed: float) -> dict[str, Any]:
    """Rows a second and seconds left: as measured or, before the first rows are merged, as usual (`estimated`)."""
    if done:
        speed, seconds = done / max(elapsed, 0.001), left * elapsed / done
    else:
        speed, seconds = USUAL_ROWS_PER_SECOND, max(left / USUAL_ROWS_PER_SECOND - elapsed, 0.5)
    return {"rowsPerSecond": round(speed), "secondsLeft": round(seconds, 1), "estimated": not done}


@dataclass(slots=True)
class Progress:
    """Counts of a running import; `started` and `began_with` give the speed, `scope` says who may know."""

    upload_id: int
    client_id: int
    scope: live.Scope
    total: int = 0
    stage: str = "reading"
    processed: int = 0
    successful: int = 0
    failed: int = 0
    began_with: int = 0
    started: float = field(default_factory=time.monotonic)

    def started_importing(self, total: int, processed: int, successful: int, failed: int) -> None:
        """The reading is over, the import begins (or goes on after a crash)."""
        self.stage, self.total = "importing", total
        self.processed = self.began_with = processed
        self.successful, self.failed = successful, failed
        self.started = time.monotonic()

    def to_public(self, status: str = "processing") -> dict[str, Any]:
        """The data of an `upload.progress` message."""
        elapsed = time.monotonic() - self.started
        left = max(self.total - self.processed, 0)
        pace = pace_of(self.processed - self.began_with, left, elapsed) if status == "processing" else {}
        return {
            "uploadId": ids.code("upload", self.upload_id),
            "status": status,
            "stage": self.stage,
            "totalRecords": self.total,
            "processedRecords": self.processed,
            "successfulRecords": self.successful,
            "failedRecords": self.failed,
            "percent": round(100 * self.processed / self.total, 1) if self.total else 0.0,
            "rowsPerSecond": round((self.processed - self.began_with) / max(elapsed, 0.001)),
            "secondsLeft": 0.0,
            "estimated": False,
            **pace,
        }

    async def push(self, status: str = "processing") -> None:
        """Send it now. Once it is over, everybody who sees cases loads figures and lists anew: whose they are, is many people."""
        await live.send(
            self.client_id, "upload.progress", self.to_public(status), permission="upload", scope=self.scope
        )
        if status not in UNDER_WAY and self.successful:
            await live.send(
                self.client_id, "dashboard.refresh", {"reason": "upload"}, permission=("dashboard", "cases")
            )

    async def keep_pushing(self) -> None:
        """Send it again and again, until cancelled."""
        while True:
            await self.push()
            await asyncio.sleep(EVERY_SECONDS)


_STATE: Final = """
select u.*, h.path::text as node_path
from file_uploads u left join organization_public_homes h on h.user_id = u.uploaded_by
where u.id = %(id)s
"""


async def push_state(upload_id: int) -> None:
    """Tell how an upload stands that is not running: cancelled or taken back."""
    async with db.unit_of_work() as session:
        row = await db.one(session, _STATE, {"id": upload_id})
    if row is not None:
        progress = Progress(upload_id, row["client_id"], live.Scope(row["uploaded_by"], row["node_path"]))
        progress.started_importing(
            row["total_records"] or 0, 0, row["successful_records"] or 0, row["failed_records"] or 0
        )
        progress.processed = row["processed_records"]
        await progress.push(row["upload_status"])


def in_words(seconds: float) -> str:
    """A length of time as people say it: `2m 15s`, `less than a second`."""
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest}s" if rest and not hours else ""]
    return " ".join(part for part in parts if part)
