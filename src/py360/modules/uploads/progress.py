"""How an import is getting on, pushed to open windows twice a second and more."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import TypedDict

from py360.kit import db, ids, live

EVERY_SECONDS: Final = 0.4
UNDER_WAY: Final = frozenset({"processing", "needs_input"})
USUAL_ROWS_PER_SECOND: Final = 12_000  # before this installation has imported anything itself


@dataclass(frozen=True, slots=True)
class Pace:
    """Rows a second and seconds left; `estimated` before the first rows are merged."""

    rows_per_second: int
    seconds_left: float
    estimated: bool


def pace_of(done: int, left: int, elapsed: float) -> Pace:
    """The pace of an import: as measured or, before the first rows are merged, as usual."""
    if done:
        speed, seconds = done / max(elapsed, 0.001), left * elapsed / done
    else:
        speed, seconds = USUAL_ROWS_PER_SECOND, max(left / USUAL_ROWS_PER_SECOND - elapsed, 0.5)
    return Pace(round(speed), round(seconds, 1), not done)


class ProgressView(TypedDict):
    """The data of an `upload.progress` message."""

    uploadId: str
    status: str
    stage: str
    totalRecords: int
    processedRecords: int
    successfulRecords: int
    failedRecords: int
    percent: float
    rowsPerSecond: int
    secondsLeft: float
    estimated: bool


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
        """The reading is over, the import begins (or continues after a crash)."""
        self.stage, self.total = "importing", total
        self.processed = self.began_with = processed
        self.successful, self.failed = successful, failed
        self.started = time.monotonic()

    def to_public(self, status: str = "processing") -> ProgressView:
        """The data of an `upload.progress` message."""
        elapsed = time.monotonic() - self.started
        done = self.processed - self.began_with
        pace = Pace(round(done / max(elapsed, 0.001)), 0.0, False)
        if status == "processing":
            pace = pace_of(done, max(self.total - self.processed, 0), elapsed)
        return {
            "uploadId": ids.code("upload", self.upload_id),
            "status": status,
            "stage": self.stage,
            "totalRecords": self.total,
            "processedRecords": self.processed,
            "successfulRecords": self.successful,
            "failedRecords": self.failed,
            "percent": round(100 * self.processed / self.total, 1) if self.total else 0.0,
            "rowsPerSecond": pace.rows_per_second,
            "secondsLeft": pace.seconds_left,
            "estimated": pace.estimated,
        }

    async def push(self, status: str = "processing") -> None:
        """Send it now. When the import is over, all users who see cases load their figures and lists again."""
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
select u.client_id, u.uploaded_by, h.path::text as node_path, u.upload_status as status, coalesce(u.total_records, 0) as total,
  u.processed_records as processed, coalesce(u.successful_records, 0) as successful, coalesce(u.failed_records, 0) as failed
from file_uploads u left join organization_public_homes h on h.user_id = u.uploaded_by
where u.id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class _State:
    client_id: int
    uploaded_by: int | None
    node_path: str | None
    status: str
    total: int
    processed: int
    successful: int
    failed: int


async def push_state(upload_id: int) -> None:
    """Push the state of an upload that is not running: cancelled or undone."""
    async with db.unit_of_work() as session:
        row = await db.fetch_one(session, _State, _STATE, {"id": upload_id})
    if row is not None:
        progress = Progress(upload_id, row.client_id, live.Scope(row.uploaded_by, row.node_path))
        progress.started_importing(row.total, 0, row.successful, row.failed)
        progress.processed = row.processed
        await progress.push(row.status)


def in_words(seconds: float) -> str:
    """A length of time as people say it: `2m 15s`, `less than a second`."""
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest}s" if rest and not hours else ""]
    return " ".join(part for part in parts if part)
