"""Fixtures of the case tests; cases are made by `tests.factories.cases`."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from py360.kit.clock import INDIA, FixedClock
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from tests.factories import cases
from tests.factories.cases import MakeCase
from tests.factories.stored import read_rows


@pytest.fixture
def make_case(resources: Resources) -> MakeCase:
    """Make a case; defaults are ordinary values."""
    return cases.make_case


@pytest.fixture
def rows(resources: Resources) -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    """Run a statement on the database; its rows."""

    async def run(sql: str, **params: Any) -> list[dict[str, Any]]:
        async with unit_of_work() as session:
            return await read_rows(session, sql, params)

    return run


def in_india(clock: FixedClock) -> date:
    """Today where policies fall due."""
    return clock.now().astimezone(INDIA).date()
