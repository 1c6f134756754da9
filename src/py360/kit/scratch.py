"""Folders for a while, in PY360_HOME: their room is the home's, and what a killed process leaves is found there."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from py360.kit import resources

PREFIX: Final = "for-"


def root(home: Path) -> Path:
    """Where they are, in a home."""
    made = home / "temporary"
    made.mkdir(parents=True, exist_ok=True)
    return made


@contextmanager
def folder(purpose: str) -> Iterator[Path]:
    """A folder that is removed at the end of the block. It is locked, so that `sweep` sees that it is in use."""
    parent = root(resources.current().settings.home)
    with ExitStack() as stack:
        with _locked(parent, fcntl.LOCK_SH):  # a sweep does not come between
            made = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{purpose}-", dir=parent))
            stack.callback(shutil.rmtree, made)
            stack.enter_context(_locked(made, fcntl.LOCK_EX))
        yield made


def sweep() -> None:
    """Remove the folders of those who were killed."""
    parent = root(resources.current().settings.home)
    with _locked(parent, fcntl.LOCK_EX):
        for left in parent.glob(f"{PREFIX}*"):
            with suppress(BlockingIOError), _locked(left, fcntl.LOCK_EX | fcntl.LOCK_NB):
                shutil.rmtree(left)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)
