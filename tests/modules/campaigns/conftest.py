"""Fixtures of the campaign tests; everything else they need is in `tests.factories.campaigns`."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from py360.kit.resources import Resources
from tests.factories import campaigns
from tests.factories.campaigns import Relay, Upload


@pytest_asyncio.fixture
async def relay(resources: Resources) -> AsyncIterator[Relay]:
    """The default e-mail account of the client sends to this relay."""
    async with campaigns.open_relay() as relay:
        yield relay


@pytest.fixture
def upload(resources: Resources) -> Upload:
    """Makes a completed upload of so many policies; its code."""
    return campaigns.upload
