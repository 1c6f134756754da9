"""An office that works for two insurers: its administrator sees both, and works for one at a time."""

from collections.abc import Awaitable, Callable

import httpx

from tests.modules.conftest import AsRole, as_role
from tests.modules.uploads.conftest import csv_of, row

__all__ = ["as_role"]


async def test_an_administrator_works_for_one_client_at_a_time(
    as_admin: httpx.AsyncClient, as_role: AsRole, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    await run_jobs()
    there = {"clientId": other}
    for number, params in ((1, {}), (2, there)):
        sent = await as_admin.post(
            "/api/upload/file", params=params, files={"file": (f"{number}.csv", csv_of([row(number)]))}
        )
        assert sent.status_code == 201, sent.text
    await run_jobs()

    async def policies(person: httpx.AsyncClient, **params: int) -> list[str]:
        rows = (await person.get("/api/cases", params=params)).json()["data"]["cases"]
        return sorted(case["policyNumber"] for case in rows)

    assert await policies(as_admin) == ["DM/2026/00001", "DM/2026/00002"]
    assert await policies(as_admin, **there) == ["DM/2026/00002"]
    stranger = await as_role("client_admin", client_id=other)
    assert await policies(stranger) == ["DM/2026/00002"]
    assert await policies(stranger, **there) == ["DM/2026/00002"]
    # A download is asked for with a token and fetched without one: it stays with the client it was asked for.
    ask = await as_admin.post("/api/export/cases", params=there, json={"format": "csv"})
    file = await as_admin.get(ask.json()["data"]["downloadUrl"])
    assert (file.text.count("DM/2026/00002"), file.text.count("DM/2026/00001")) == (1, 0)
    listed = (await as_admin.get("/api/templates", params={**there, "limit": 100})).json()["data"]["templates"]
    assert len({(each["type"], each["name"]) for each in listed}) == len(listed) > 10
    set_ = await as_admin.put("/api/settings/campaigns", params=there, json={"promotionalFrom": "11:00"})
    assert set_.status_code == 200, set_.text
    assert (await stranger.get("/api/settings/campaigns")).json()["data"]["settings"]["promotionalFrom"] == "11:00"
    assert (await as_admin.get("/api/settings/campaigns")).json()["data"]["settings"]["promotionalFrom"] != "11:00"


async def test_nobody_works_for_a_client_that_is_not_theirs(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    agent = await as_role("agent")
    for client in (other, 0, 10**30, "x", "-1"):
        answer = await agent.get("/api/cases", params={"clientId": client})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "client_not_found"), client
    assert (await agent.get("/api/cases", params={"clientId": agent.user["clientId"]})).status_code == 200
    assert (await as_admin.post("/api/customers", params={"clientId": 404}, json={})).status_code == 404
