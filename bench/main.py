"""`make bench`: every figure beside its floor or bound, all in one run. These machines are noisy: read the ratios."""

import importlib
import sys
from collections.abc import Sequence
from typing import Final

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


def main(only: Sequence[str] = (), small: bool = False) -> None:
    """Run the chosen parts; exit status 1 when a figure misses its bound."""
    unknown = sorted(set(only) - set(PARTS))
    if unknown:
        raise SystemExit(f"There is no part {', '.join(unknown)}; there are {', '.join(PARTS)}.")
    missed = []
    for part in only or PARTS:
        print(f"== {part}", flush=True)
        run = importlib.import_module(f"bench.{part}").run
        if not run(lambda line: print(f"  {line}", flush=True), **(PARTS[part] if small else {})):
            missed.append(part)
    print("Every figure is within its bound." if not missed else f"Outside a bound: {', '.join(missed)}.", flush=True)
    sys.exit(1 if missed else 0)
