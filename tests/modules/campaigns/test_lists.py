"""The campaign manager's list and its filters, the recipients, their files, and the compliance tab."""

import csv
import io
from typing import Any

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.campaigns.queries import compliance
from tests.conftest import RunJobs
from tests.factories.campaigns import Relay, Upload, create, number_of
from tests.modules.conftest import AsRole

CAMPAIGNS = """
with parents as (
  insert into campaigns (client_id, name, campaign_type, type, channels, tags, target_count, status, created_at)
  select 1, name, 'multi', purpose, array[channel], tags::jsonb, size, status, created::timestamptz
  from (values
    ('May motor', 'renewal', 'email', '["renewal", "urgent"]', 500, 'completed', '2026-05-01 23:30+05:30'),
    ('May health', 'renewal', 'sms', '["renewal"]', 40, 'completed', '2026-05-02 00:30+05:30'),
    ('Welcome 50%', 'welcome', 'whatsapp', '["onboarding"]', 7, 'paused', '2026-06-01 12:00+05:30'),
    ('Diwali', 'promotional', 'email', '[]', 900, 'draft', '2026-10-01 12:00+05:30')
  ) book (name, purpose, channel, tags, size, status, created) returning *
)
insert into campaigns (client_id, parent_id, name, campaign_type, type, channels, tags, target_count, status, created_at,
  sent_count, delivered_count, opened_count)
select 1, id, p.name, channels[1], type, channels, tags, target_count, status, created_at, sent, delivered, opened
from parents p join (values ('May motor', 480, 400, 280), ('May health', 40, 40, 16), ('Welcome 50%', 7, 5, 1), ('Diwali', 0, 0, 0))
  counted (name, sent, delivered, opened) using (name) order by id
"""


async def names(client: httpx.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get("/api/campaigns", params={"sort": "createdAt", **params})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    found = [each["name"] for each in data["campaigns"]]
    assert data["pagination"]["total"] == len(found)
    return found


@pytest.mark.parametrize("view", ["channel", "parent"])
async def test_filters_of_the_list(as_admin: httpx.AsyncClient, view: str) -> None:
    async with unit_of_work() as session:
        await db.execute(session, CAMPAIGNS)
    everything = ["May motor", "May health", "Welcome 50%", "Diwali"]
    for filters, found in (
        ({}, everything),
        ({"status": "all", "type": "all", "purpose": "all", "performance": "all", "tags": "all"}, everything),
        ({"status": "completed,paused"}, everything[:3]),
        ({"type": "email,whatsapp"}, ["May motor", "Welcome 50%", "Diwali"]),
        ({"purpose": "renewal"}, everything[:2]),
        ({"tags": "urgent, onboarding"}, ["May motor", "Welcome 50%"]),
        ({"minSize": 40}, ["May motor", "May health", "Diwali"]),
        ({"minSize": 8, "maxSize": 500}, everything[:2]),
        ({"performance": "high"}, ["May motor"]),
        ({"performance": "medium"}, ["May health"]),
        ({"performance": "low"}, ["Welcome 50%"]),
        ({"dateFrom": "2026-05-02", "dateTo": "2026-06-01"}, ["May health", "Welcome 50%"]),
        ({"search": "50%"}, ["Welcome 50%"]),
        ({"search": "may", "performance": "high", "tags": "renewal", "type": "email"}, ["May motor"]),
    ):
        assert await names(as_admin, view=view, **filters) == found, filters
    assert await names(as_admin, view=view, sort="-targetCount") == ["Diwali", "May motor", "May health", "Welcome 50%"]
    for wrong in (
        {"performance": "great"},
        {"minSize": "many"},
        {"status": "asleep"},
        {"purpose": "fun"},
        {"view": "x"},
    ):
        assert (await as_admin.get("/api/campaigns", params=wrong)).status_code == 422, wrong


async def test_filtered_list_as_a_file(as_admin: httpx.AsyncClient) -> None:
    async with unit_of_work() as session:
        await db.execute(session, CAMPAIGNS)
    file = await as_admin.get("/api/campaigns", params={"format": "csv", "purpose": "renewal", "view": "parent"})
    lines = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [(line["Name"], line["Tags"], line["Sent"], line["Open Rate"]) for line in lines] == [
        ("May health", "renewal", "40", "40.0"),
        ("May motor", "renewal, urgent", "480", "70.0"),
    ]


async def test_recipients_page_by_page_and_as_a_file(as_admin: httpx.AsyncClient, upload: Upload) -> None:
    number = number_of(await create(as_admin, await upload(5), draft=True))
    path = f"/api/campaigns/{number}/recipients"
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2}
    for _ in range(3):
        data = (await as_admin.get(path, params=params)).json()["data"]
        seen += [one["contact"] for one in data["recipients"]]
        assert data["pagination"]["total"] == 5
        params["cursor"] = data["pagination"]["nextCursor"]
    assert len(set(seen)) == len(seen) == 5
    assert params["cursor"] is None
    turned = (await as_admin.get(path, params={"sort": "-id", "limit": 4})).json()["data"]
    assert [one["contact"] for one in turned["recipients"]] == seen[:0:-1]
    cursor = turned["pagination"]["nextCursor"]
    rest = (await as_admin.get(path, params={"sort": "-id", "cursor": cursor})).json()["data"]["recipients"]
    assert [one["contact"] for one in rest] == seen[:1]
    for wrong in ({"sort": "shoeSize"}, {"format": "doc"}):
        assert (await as_admin.get(path, params=wrong)).status_code == 422
    for broken in ("?", "W10", "WyJ4Il0"):  # nonsense, [] and ["x"]
        assert (await as_admin.get(path, params={"cursor": broken})).status_code == 400, broken
    file = await as_admin.get(path, params={"format": "csv", "status": "pending"})
    assert [line["Contact"] for line in csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))] == seen
    assert file.headers["content-disposition"] == f'attachment; filename="campaign_{number}.csv"'
    assert (await as_admin.get(f"/api/campaigns/{number}/report")).content.count(b"asha") == 5


async def test_compliance_counts_consents_and_data_kept_too_long(
    as_admin: httpx.AsyncClient, upload: Upload, relay: Relay, run_jobs: RunJobs, as_role: AsRole
) -> None:
    code = await upload(5)

    async def consent(customer: int, channel: str, state: str, purpose: str = "promotional") -> None:
        body = {
            "customerId": f"C{customer:05d}",
            "channel": channel,
            "purpose": purpose,
            "state": state,
            "source": "call",
        }
        answer = await as_admin.post("/api/consents", json=body)
        assert answer.status_code == 201, answer.text

    for customer in (1, 2, 3):
        await consent(customer, "email", "opted_in")
    await consent(1, "whatsapp", "opted_in")
    await consent(2, "email", "opted_out")  # changed their mind
    await consent(3, "email", "opted_out", "service")  # and wants no notices either
    await consent(4, "sms", "opted_out")  # nothing that this campaign sends
    off = await as_admin.put("/api/customers/C00005", json={"communicationPreferences": {"email": False}})
    assert off.status_code == 200, off.text
    number = number_of(await create(as_admin, code))
    path = f"/api/campaigns/{number}/compliance"

    async def answer_now() -> dict[str, Any]:
        data: dict[str, Any] = (await as_admin.get(path)).json()["data"]
        return data

    before = await answer_now()
    assert before["consent"] == {"email": 1, "sms": 0, "whatsapp": 1, "optedOut": 3}
    assert (before["consentVerified"], before["dndChecked"], before["dataRetentionCompliant"]) == (False, False, True)
    await run_jobs()
    after = await answer_now()
    assert (after["consentVerified"], after["dltApproved"], after["optedOut"]) == (True, True, 2)
    await as_admin.put("/api/settings/campaigns", json={"dataRetentionDays": 30})
    for days, kept_to in ((29, True), (2, False)):
        async with unit_of_work() as session:
            await db.execute(session, f"update campaigns set completed_at = completed_at - interval '{days} days'")
        assert (await answer_now())["dataRetentionCompliant"] is kept_to
    assert (await (await as_role("agent")).get(path)).status_code == 403


async def test_list_is_exported_filtered_or_whole(as_admin: httpx.AsyncClient) -> None:
    async with unit_of_work() as session:
        await db.execute(session, CAMPAIGNS)
    path = "/api/campaigns/export"
    whole = await as_admin.post(path, json={"format": "json"})
    assert [row["name"] for row in whole.json()] == ["Diwali", "Welcome 50%", "May health", "May motor"]
    some = await as_admin.post(path, json={"filters": {"purpose": "renewal", "minSize": 100}})
    assert some.headers["content-disposition"].endswith('.csv"')
    assert [row["Name"] for row in csv.DictReader(io.StringIO(some.content.decode("utf-8-sig")))] == ["May motor"]
    for wrong in ({"filters": {"shoeSize": 42}}, {"format": "doc"}, {"filters": {"status": "asleep"}}):
        assert (await as_admin.post(path, json=wrong)).status_code == 422, wrong


async def test_consents_of_a_large_campaign_are_estimated_from_some_of_its_recipients(
    as_admin: httpx.AsyncClient, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million recipients 10,000 are looked at; here of 40 some."""
    number = number_of(await create(as_admin, await upload(40)))
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into consents (client_id, customer_id, channel, purpose, state, source)"
            " select client_id, id, 'email', 'promotional', 'opted_in', 'call' from customers",
        )
    monkeypatch.setattr(compliance, "_FEW", 20)
    monkeypatch.setattr(compliance, "_BLOCKS", 5)
    consent = (await as_admin.get(f"/api/campaigns/{number}")).json()["data"]["consent"]
    assert consent == {"email": 40, "sms": 0, "whatsapp": 0, "opted_out": 0}
