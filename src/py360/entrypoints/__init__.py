"""Where the product starts: command line, API, worker; and wiring, the only file that knows every module."""

import os

# Polars gives memory back at once, not seconds later: a third of what an import's worker would hold. Read when Polars loads.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
