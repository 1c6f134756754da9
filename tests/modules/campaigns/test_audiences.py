"""Audiences: kept filters over the open cases."""

from typing import Any

import httpx

from tests.factories.cases import make_case
from tests.modules.conftest import AsRole

SOON: dict[str, Any] = {
    "name": "Due soon",
    "description": "The next two weeks",
    "segments": ["High Value"],
    "filter": {"statuses": ["In Progress"], "policyTypes": ["Motor"]},
}


async def kept(client: httpx.AsyncClient, **over: object) -> str:
    made = await client.post("/api/audiences", json=SOON | over)
    assert made.status_code == 201, made.text
    key: str = made.json()["data"]["audienceId"]
    return key


async def test_an_audience_is_kept_counted_and_listed(as_admin: httpx.AsyncClient) -> None:
    await make_case("in_progress", name="Asha Rao")
    await make_case("validated")
    await make_case("renewed")
    key = await kept(as_admin)
    shown = (await as_admin.get(f"/api/audiences/{key}")).json()["data"]
    assert (shown["size"], shown["customers"], shown["filter"]["statuses"]) == (1, 1, ["in_progress"])
    contacts = (await as_admin.get(f"/api/audiences/{key}/contacts")).json()["data"]
    assert [(each["name"], each["status"]) for each in contacts["contacts"]] == [("Asha Rao", "In Progress")]
    file = await as_admin.get(f"/api/audiences/{key}/contacts", params={"format": "csv"})
    assert "Asha Rao" in file.text
    listed = (await as_admin.get("/api/audiences", params={"search": "weeks"})).json()["data"]["audiences"]
    assert [each["id"] for each in listed] == [key]


async def test_an_audience_is_changed_copied_and_deleted(as_admin: httpx.AsyncClient) -> None:
    key = await kept(as_admin)
    shown = (await as_admin.get(f"/api/audiences/{key}")).json()["data"]
    changed = await as_admin.put(f"/api/audiences/{key}", json={**shown, "name": "Later"})
    assert changed.json()["data"]["version"] == 2, changed.text
    late = await as_admin.put(f"/api/audiences/{key}", json=SOON, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    names = []
    for _ in range(2):
        copy = (await as_admin.post(f"/api/audiences/{key}/duplicate")).json()["data"]["audienceId"]
        names.append((await as_admin.get(f"/api/audiences/{copy}")).json()["data"]["name"])
    assert names == ["Later (Copy)", "Later (Copy 2)"]
    assert (await as_admin.delete(f"/api/audiences/{key}")).status_code == 200
    assert (await as_admin.get(f"/api/audiences/{key}")).status_code == 404


async def test_reach_decides_who_is_seen(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    manager = await as_role("manager")
    await make_case("in_progress", agent=manager.user["id"])
    await make_case("in_progress")
    key = await kept(as_admin)
    assert (await as_admin.get(f"/api/audiences/{key}")).json()["data"]["size"] == 2
    assert (await manager.get(f"/api/audiences/{key}")).json()["data"]["size"] == 1
    contacts = (await manager.get(f"/api/audiences/{key}/contacts")).json()["data"]
    assert contacts["pagination"]["total"] == 1


async def test_what_an_audience_cannot_be_is_refused(as_admin: httpx.AsyncClient) -> None:
    await kept(as_admin)
    again = await as_admin.post("/api/audiences", json=SOON | {"name": "DUE SOON"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "name_taken")
    for wrong in (
        {"name": ""},
        {"filter": {"colour": "red"}},
        {"filter": {"statuses": ["lost"]}},
        {"segments": ["x"] * 21},
    ):
        assert (await as_admin.post("/api/audiences", json=SOON | wrong)).status_code == 422, wrong


async def test_a_campaign_takes_an_audience(as_admin: httpx.AsyncClient) -> None:
    await make_case("in_progress")
    await make_case("validated")
    key = await kept(as_admin)
    preview = {"type": ["sms"], "audienceId": key}
    planned = await as_admin.post("/api/campaigns/preview-audience", json=preview)
    assert planned.json()["data"]["sms"]["targetCount"] == 1, planned.text
    both = await as_admin.post("/api/campaigns/preview-audience", json=preview | {"targetAudience": "expired"})
    assert both.status_code == 422
    unknown = await as_admin.post("/api/campaigns/preview-audience", json=preview | {"audienceId": "audience-999"})
    assert unknown.status_code == 404
