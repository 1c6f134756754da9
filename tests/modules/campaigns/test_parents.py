"""A parent campaign and its channels are changed at once by users and by workers: the parent has the right status."""

import asyncio

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from py360.modules.campaigns.service.finish import after_run
from tests.factories.campaigns import Upload, create, template

TURNS = 15


async def _at_work(session: AsyncSession) -> None:
    """Both channels are being sent, and no recipient is left."""
    await db.execute(session, "update campaigns set status = 'active', completed_at = null")
    await db.execute(session, "update campaign_recipients set status = 'sent', sent_at = now()")


@pytest.mark.slow
async def test_channels_that_end_at_once_end_their_parent(
    as_admin: httpx.AsyncClient, upload: Upload, resources: Resources
) -> None:
    templates = {"email": await template(as_admin), "sms": await template(as_admin, type="sms", content="Pay {link}")}
    answer = await create(as_admin, await upload(2), type=["email", "sms"], templates=templates, draft=True)
    made = answer.json()["data"]
    parent, *channels = (
        int(code.rpartition("-")[2]) for code in (made["parentId"], *(c["id"] for c in made["campaigns"]))
    )

    async def finish(number: int) -> None:
        async with unit_of_work() as session:
            await after_run(session, number, None)

    for _ in range(TURNS):
        async with unit_of_work() as session:
            await _at_work(session)
        await asyncio.gather(*(finish(number) for number in channels))
        assert (
            await resources.reads.fetch_only(str, "select status from campaigns where parent_id is null") == "completed"
        )

    for turn in range(TURNS):  # and no change waits for another for ever
        async with unit_of_work() as session:
            await _at_work(session)
        stop = as_admin.put(f"/api/campaigns/{parent}/status", json={"status": "cancelled"})
        answers = await asyncio.gather(stop, *(finish(number) for number in channels[:: 1 if turn % 2 else -1]))
        assert answers[0].status_code in (200, 409), answers[0].text
