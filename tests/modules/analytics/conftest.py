"""Fixtures of the analytics tests; cases are made by `tests.factories.cases`."""

import pytest

from py360.kit.resources import Resources
from tests.factories import cases
from tests.factories.cases import MakeCase


@pytest.fixture
def make_case(resources: Resources) -> MakeCase:
    """Make a case; defaults are ordinary values."""
    return cases.make_case
