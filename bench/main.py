"""`make bench`: every figure beside its floor or bound, all in one run. These machines are noisy: read the ratios."""

import importlib
import json
import multiprocessing
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Final

# part -> its size in a quick run
PARTS: Final[dict[str, dict[str, int]]] = {
    "uploads": {"rows": 10_000, "csv_rows": 100_000},
    "importing": {"rows": 20_000},
    "cases": {"cases": 100_000},
    "customers": {"customers": 20_000},
    "organization": {"cases": 100_000},
    "analytics": {"cases": 50_000, "messages_each": 2},
    "console": {"cases": 50_000},
    "renewals": {"policies": 50_000},
    "mail": {"messages": 10_000},
    "campaigns": {"messages": 10_000, "planned": 100_000},
    "inbox": {"mails": 1_000},
    "mailbox": {"mails": 2_000},
    "halting": {"people": 1_000, "rows": 50_000},
    "predictions": {"cases": 100_000},
    "payments": {"events": 10_000},
    "starting": {"times": 1},
}


def main(only: Sequence[str] = (), small: bool = False, as_json: bool = False) -> None:
    """Run the chosen parts; exit status 1 when a figure misses its bound. As JSON, progress goes to stderr."""
    unknown = sorted(set(only) - set(PARTS))
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    aloud = sys.stderr if as_json else sys.stdout
    parts: list[dict[str, Any]] = []
    for part in only or PARTS:
        print(f"== {part}", file=aloud, flush=True)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as own:  # its memory is measured, too
            parts.append(own.submit(_measure, part, PARTS[part] if small else {}, as_json).result())
    missed = [each["part"] for each in parts if not each["withinBounds"]]
    if as_json:
        print(json.dumps({"parts": parts, "withinBounds": not missed}))
    else:
        print("Every figure is within its bound." if not missed else f"Outside a bound: {', '.join(missed)}.")
    sys.exit(1 if missed else 0)


def _measure(part: str, size: dict[str, int], as_json: bool) -> dict[str, Any]:
    """Run one part in this process: its figures as printed, and whether they are within their bounds."""
    figures: list[str] = []

    def out(line: str) -> None:
        print(f"  {line}", file=sys.stderr if as_json else sys.stdout, flush=True)
        figures.append(line)

    within = bool(importlib.import_module(f"bench.{part}").run(out, **size))
    return {"part": part, "withinBounds": within, "figures": figures}
