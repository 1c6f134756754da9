"""The project's tests."""

import gc

gc.disable()  # what is loaded now stays: `conftest.py` has it left alone, and the collector look only at what comes after
