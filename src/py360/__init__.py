"""Py360: the open system for insurance policy renewals."""

import os

# Polars gives memory back at once, not seconds later: a third of what an import's worker would hold. Read when Polars loads.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
