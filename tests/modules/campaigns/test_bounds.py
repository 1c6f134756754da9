"""What a campaign must never do: write to more people than were stated, count anybody twice, or forget what it sent."""

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.campaigns import jobs
from tests.conftest import RunJobs
from tests.modules.campaigns.conftest import Relay, Upload
from tests.modules.campaigns.test_campaigns import create, number_of


@pytest.mark.parametrize("narrowed", [{"customerProfiles": ["HNI"]}, {"region": ["North"]}])
async def test_a_filter_that_is_not_understood_is_refused(
    as_admin: httpx.AsyncClient, upload: Upload, narrowed: dict[str, list[str]]
) -> None:
    answer = await create(as_admin, await upload(2), targetAudience=narrowed)
    assert answer.status_code == 422, answer.text


async def test_a_later_bounce_is_not_progress(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    number = number_of(await create(as_admin, await upload(4)))
    await run_jobs()
    async with unit_of_work() as session:
        await db.execute(session, "update communication_delivery_status set status = 'bounced'")
    await jobs.recount.func(campaign_ids=[number])
    shown = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]
    assert (shown["metrics"]["bounced"], shown["progress"]) == (4, 100.0)


async def test_a_campaign_that_sent_something_cannot_be_deleted_by_its_parent(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    answer = await create(as_admin, await upload(2))
    number, parent = number_of(answer), answer.json()["data"]["parentId"]
    await run_jobs()
    async with unit_of_work() as session:
        await db.execute(session, "update campaigns set status = 'cancelled'")
    assert (await as_admin.delete(f"/api/campaigns/{parent}")).status_code == 409
    assert (await as_admin.get(f"/api/campaigns/{number}")).status_code == 200
