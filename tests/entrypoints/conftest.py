"""An installation in a folder of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.installation import Installation


@pytest.fixture
def home() -> Iterator[Path]:
    """A short folder: not below pytest's, whose parents belong to one account only."""
    folder = Path(tempfile.mkdtemp(prefix="py360-up-"))
    folder.chmod(0o755)
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def installation(home: Path) -> Iterator[Installation]:
    one = Installation(home)
    yield one
    for process in one.processes():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    if one.process is not None:
        one.process.wait(10)
