"""Progress bars fed by live updates, and by a question now and then in case one was lost."""

import asyncio
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from py360.entrypoints.demo.funnel import LABELS
from py360.entrypoints.demo.office import Office
from py360.entrypoints.demo.vendors import CHANNELS, Vendors
from py360.entrypoints.home import Refusal

LOOK_SECONDS: Final = 0.1
COUNT_SECONDS: Final = 1.0  # between two looks at everybody's counts
ASK_SECONDS: Final = 2.0
STILL_SECONDS: Final = 180.0  # so long without any progress, and something is wrong
STABLE_SECONDS: Final = 3.0  # all counts agree and stay for so long: it is over
AGREE_SECONDS: Final = 45.0  # they stay but do not agree: it is over, and the sums will say what is wrong
DRAIN_SECONDS: Final = 2.0
ENDED: Final = frozenset({"completed", "failed", "cancelled"})


class Watch:
    """Shows one job on the console."""

    def __init__(self, office: Office, console: Console) -> None:
        self._office = office
        self._renewed_before = 0
        self._bars = Progress(
            TextColumn("{task.description:<16}"),
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )

    def __enter__(self) -> "Watch":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    async def upload(self, received: Mapping[str, Any]) -> dict[str, Any]:
        """Until a file is imported; its status. Raises Refusal when it was not."""
        self._renewed_before = await self._renewed()
        code = received["uploadId"]
        bar = self._bars.add_task("Importing", total=None, note="")

        def show(state: Mapping[str, Any]) -> int:
            done, speed = int(state.get("processedRecords") or 0), state.get("rowsPerSecond")
            note = f"{speed:,} rows/s" if speed else ""
            self._bars.update(bar, completed=done, total=state.get("totalRecords") or None, note=note)
            return done

        async def ask() -> dict[str, Any]:
            state: dict[str, Any] = await self._office.get(f"/upload/status/{code}")
            return state

        state = await self._until_ended(code, ask, show, frozenset({*ENDED, "needs_input", "undone"}))
        if state["status"] != "completed":
            questions = [question.get("message", str(question)) for question in state.get("questions") or ()]
            why = " ".join(questions) or str(state.get("errorDetails") or "")
            raise Refusal(f"The import of {state['originalFilename']} is {state['status']}. {why}".strip())
        show(state)
        return state

    async def campaign(self, parent: str) -> None:
        """Until every channel of a campaign is sent."""
        children = (await self._office.get(f"/campaigns/{parent}"))["campaigns"]
        bars = [
            self._bars.add_task(f"Sending {LABELS[child['type']]}", total=child["targetCount"], note="")
            for child in children
        ]
        await asyncio.gather(*(self._channel(child["id"], bar) for child, bar in zip(children, bars, strict=True)))

    async def _channel(self, code: str, bar: TaskID) -> None:
        def show(state: Mapping[str, Any]) -> int:
            count = state["metrics"]
            done = int(state["targetCount"] * state["progress"] / 100)
            note = f"{count['delivered']:,} delivered, {count['clicked']:,} clicked"
            over = state["status"] in ENDED
            self._bars.update(
                bar, completed=state["targetCount"] if over else done, total=state["targetCount"], note=note
            )
            return done + int(count["delivered"])

        async def ask() -> dict[str, Any]:
            state: dict[str, Any] = await self._office.get(f"/campaigns/{code}")
            return state

        await self._until_ended(code, ask, show, ENDED)

    async def _until_ended(
        self, code: str, ask: Callable[[], Any], show: Callable[[Mapping[str, Any]], int], ends: frozenset[str]
    ) -> dict[str, Any]:
        """Follow the live updates of an upload or campaign until it ends; its last state."""
        done, moved, asked = -1, time.monotonic(), 0.0
        while True:
            now = time.monotonic()
            state = self._office.news.get(code)
            if state is None or state["status"] in ends or now - asked > ASK_SECONDS:
                state, asked = await ask(), now
                if state["status"] in ends:
                    show(state)
                    return dict(state)
            if (reached := show(state)) != done:
                done, moved = reached, now
            elif now - moved > STILL_SECONDS:
                raise Refusal(f"{code} has not moved for {STILL_SECONDS:.0f} s. Does the worker run? See the logs.")
            await asyncio.sleep(LOOK_SECONDS)

    async def answers(self, sandbox: Vendors, campaign: str | None) -> tuple[str, ...]:
        """Until the customers are done and everything they did is counted; a note when the counts never came to agree."""
        bar = self._bars.add_task("Customers answer", total=None, note="")
        last: Any = None
        still = time.monotonic()
        while True:
            quiet = await sandbox.quiet(DRAIN_SECONDS)
            theirs = await sandbox.counts()
            ours = (await self._office.get(f"/campaigns/{campaign}"))["channelMetrics"] if campaign else {}
            renewed = await self._renewed() - self._renewed_before
            paid = theirs["payments"].get("captured", 0)
            self._bars.update(bar, completed=paid, note=f"{paid:,} paid")
            now = time.monotonic()
            if (snapshot := (ours, theirs, renewed)) != last:
                last, still = snapshot, now
            elif quiet and now - still > (
                STABLE_SECONDS if paid == renewed and _agree(ours, theirs) else AGREE_SECONDS
            ):
                self._bars.update(bar, total=paid)
                return ()
            elif now - still > STILL_SECONDS:
                return ("The vendors' sandbox did not come to rest; the counts below may be too low.",)
            await asyncio.sleep(COUNT_SECONDS)

    async def _renewed(self) -> int:
        """How many renewed cases there are in all; the API remembers the number for some seconds."""
        return int((await self._office.get("/cases/closed", limit=1))["pagination"]["total"])


def _agree(ours: Mapping[str, Mapping[str, int]], theirs: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether as many messages arrived by the campaign's counters as by the vendors'."""
    return all(ours.get(channel, {}).get("delivered", 0) == theirs[channel]["delivered"] for channel in CHANNELS)
