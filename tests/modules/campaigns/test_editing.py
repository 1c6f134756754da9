"""Changing a campaign: what may still be changed, and what the change does to its plan."""

from datetime import timedelta

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.modules.campaigns import jobs
from tests.conftest import RunJobs
from tests.factories.campaigns import Relay, Upload, create, number_of, template, view


async def test_start_can_be_moved_but_not_into_the_past(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, clock: FixedClock, run_jobs: RunJobs
) -> None:
    at = clock.now() + timedelta(minutes=10)
    answer = await create(as_admin, await upload(1), scheduleType="scheduled", scheduledAt=at.isoformat())
    parent = answer.json()["data"]["parentId"]
    past = await as_admin.put(f"/api/campaigns/{parent}", json={"scheduledAt": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["error"]["message"]) == (422, "The start of the campaign is in the past.")
    office = await as_admin.put(f"/api/campaigns/{parent}", json={"scheduledAt": "2031-01-01T00:00:00"})
    assert office.status_code == 200  # a time without a zone is the office's
    assert (await view(as_admin, parent))["scheduledAt"] == "2030-12-31T18:30:00Z"
    sooner = at - timedelta(minutes=5)
    assert (await as_admin.put(f"/api/campaigns/{parent}", json={"scheduledAt": sooner.isoformat()})).status_code == 200
    clock.moment = sooner + timedelta(seconds=1)
    await jobs.keep_going.func(timestamp=0)
    await run_jobs()
    assert len(relay.taken) == 1
    late = await as_admin.put(f"/api/campaigns/{parent}", json={"scheduledAt": "2031-01-01T00:00:00Z"})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "already_started")


async def test_draft_takes_another_template_and_audience(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs
) -> None:
    answer = await create(as_admin, await upload(3), draft=True)
    number, parent = number_of(answer), answer.json()["data"]["parentId"]
    other = await template(as_admin, name="June notice", subject="June {policy_number}")
    empty = await as_admin.put(f"/api/campaigns/{parent}", json={"targetAudience": "expired"})
    assert (empty.status_code, empty.json()["error"]["code"]) == (422, "no_recipients")
    assert (await view(as_admin, number))["targetCount"] == 3
    wrong = await as_admin.put(f"/api/campaigns/{parent}", json={"templates": {"sms": other}})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "no_such_channel")
    changed = {"templates": {"email": other}, "targetAudience": {"policyTypes": ["motor"], "statuses": []}}
    answer = await as_admin.put(f"/api/campaigns/{parent}", json=changed)
    assert answer.status_code == 200, answer.text
    now = await view(as_admin, number)
    assert (now["templateName"], now["targetCount"], now["status"]) == ("June notice", 3, "draft")
    await as_admin.put(f"/api/campaigns/{parent}/status", json={"status": "active"})
    await run_jobs()
    assert sorted(str(mail["Subject"]) for mail in relay.taken) == [f"June POL-0000{n}" for n in (1, 2, 3)]
    shown = (await view(as_admin, parent))["templates"]
    assert (await as_admin.put(f"/api/campaigns/{parent}", json={"templates": shown})).status_code == 200
    third = await template(as_admin, name="July notice")
    late = await as_admin.put(f"/api/campaigns/{parent}", json={"templates": {"email": third}})
    assert (late.status_code, late.json()["error"]["code"]) == (409, "not_a_draft")


@pytest.mark.parametrize("purpose", ["promotional", "renewal"])
async def test_stricter_of_campaign_and_template_decides_what_is_promotional(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs, purpose: str
) -> None:
    """Promotional messages go once to a contact, and only with an opt-in."""
    category = "promotional" if purpose == "renewal" else "renewal"
    offer = await template(as_admin, category=category, name="Offer")
    code = await upload(2, email="one@example.com")
    asked = {"purpose": purpose, "templates": {"email": offer}}
    preview = await as_admin.post("/api/campaigns/preview-audience", json={"type": "email", "uploadId": code, **asked})
    assert preview.json()["data"]["email"]["targetCount"] == 1
    (made,) = (await create(as_admin, code, **asked)).json()["data"]["campaigns"]
    assert (made["targetCount"], made["duplicatesRemoved"]) == (1, 1)
    await run_jobs()
    assert relay.taken == []
    people = (await as_admin.get(f"/api/campaigns/{made['id']}/recipients")).json()["data"]["recipients"]
    assert [one["skipReason"] for one in people] == ["no_opt_in"]


async def test_draft_that_becomes_promotional_writes_once_per_contact(
    as_admin: httpx.AsyncClient, upload: Upload
) -> None:
    number = number_of(await create(as_admin, await upload(2, email="one@example.com"), draft=True))
    assert (await view(as_admin, number))["targetCount"] == 2
    offer = await template(as_admin, category="promotional", name="Offer")
    assert (await as_admin.put(f"/api/campaigns/{number}", json={"templates": {"email": offer}})).status_code == 200
    now = await view(as_admin, number)
    assert (now["targetCount"], now["duplicatesRemoved"]) == (1, 1)


async def test_a_draft_that_lost_its_last_channel_is_still_shown(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    made = (await create(as_admin, await upload(1), draft=True)).json()["data"]
    for channel in made["campaigns"]:
        assert (await as_admin.delete(f"/api/campaigns/{channel['id']}")).status_code == 200
    for path in ("", "/analytics", "/recipients", "/timeline", "/compliance", "/report"):
        answer = await as_admin.get(f"/api/campaigns/{made['parentId']}{path}")
        assert answer.status_code in {200, 404}, (path, answer.text)
