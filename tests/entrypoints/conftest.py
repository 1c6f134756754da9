"""An installation in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installation import Installation, installed


@pytest.fixture
def installation() -> Iterator[Installation]:
    """One that has not started."""
    with installed() as one:
        yield one


@pytest.fixture
def home(installation: Installation) -> Path:
    """Its folder."""
    return installation.home
