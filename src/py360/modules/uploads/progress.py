"""How an import is getting on, told to open windows twice a second and more."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

from py360.kit import ids, live

EVERY_SECONDS: Final = 0.4
USUAL_ROWS_PER_SECOND: Final = 12_000  # before this installation has imported anything itself


@dataclass(slots=True)
class Progress:
    """Counts of a running import; `started` and `began_with` give the speed."""

    upload_id: int
    client_id: int
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

    def shown(self, status: str = "processing") -> dict[str, Any]:
        """The data of an `upload.progress` message."""
        elapsed = time.monotonic() - self.started
        speed = (self.processed - self.began_with) / elapsed if elapsed > 0 else 0.0
        left = max(self.total - self.processed, 0)
        return {
            "uploadId": ids.code("upload", self.upload_id),
            "status": status,
            "stage": self.stage,
            "totalRecords": self.total,
            "processedRecords": self.processed,
            "successfulRecords": self.successful,
            "failedRecords": self.failed,
            "percent": round(100 * self.processed / self.total, 1) if self.total else 0.0,
            "rowsPerSecond": round(speed),
            "secondsLeft": round(left / speed, 1) if speed > 0 else None,
        }

    async def tell(self, status: str = "processing") -> None:
        """Send it now."""
        await live.send(self.client_id, "upload.progress", self.shown(status), permission="upload")

    async def keep_telling(self) -> None:
        """Send it again and again, until cancelled."""
        while True:
            await self.tell()
            await asyncio.sleep(EVERY_SECONDS)


def in_words(seconds: float) -> str:
    """A length of time as people say it: `2m 15s`, `less than a second`."""
    if seconds < 1:
        return "less than a second"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours}h" if hours else "", f"{minutes}m" if minutes else "", f"{rest}s" if rest and not hours else ""]
    return " ".join(part for part in parts if part)
