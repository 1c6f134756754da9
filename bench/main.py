"""`make bench`: every figure beside its floor or bound, all in one run. These machines are noisy: read the ratios."""

import importlib
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

# part -> how its size is said when a quick look is enough
PARTS: Final[dict[str, dict[str, int]]] = {
    "uploads": {"rows": 10_000, "csv_rows": 100_000},
    "importing": {"rows": 20_000},
    "cases": {"cases": 100_000},
    "mail": {"messages": 10_000},
    "campaigns": {"messages": 10_000, "planned": 100_000},
    "halting": {"people": 1_000},
    "starting": {"times": 1},
}


def main(only: Sequence[str] = (), small: bool = False, as_json: bool = False) -> None:
    """Run the chosen parts; exit status 1 when a figure misses its bound. As JSON, what happens is told on stderr meanwhile."""
    unknown = sorted(set(only) - set(PARTS))
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    aloud = sys.stderr if as_json else sys.stdout
    parts: list[dict[str, Any]] = []
    for part in only or PARTS:
        print(f"== {part}", file=aloud, flush=True)
        figures: list[str] = []

        def out(line: str, figures: list[str] = figures) -> None:
            print(f"  {line}", file=aloud, flush=True)
            figures.append(line)

        run = importlib.import_module(f"bench.{part}").run
        within = bool(run(out, **(PARTS[part] if small else {})))
        parts.append({"part": part, "withinBounds": within, "figures": figures})
    missed = [each["part"] for each in parts if not each["withinBounds"]]
    if as_json:
        print(json.dumps({"parts": parts, "withinBounds": not missed}))
    else:
        print("Every figure is within its bound." if not missed else f"Outside a bound: {', '.join(missed)}.")
    sys.exit(1 if missed else 0)
