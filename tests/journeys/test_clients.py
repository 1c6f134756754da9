"""An office that works for two insurers: its administrator sees both, and works for one at a time."""

from collections.abc import Awaitable, Callable

import httpx

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.factories.policy_files import csv_of, row
from tests.modules.conftest import AsRole, as_role

__all__ = ["as_role"]


async def test_an_administrator_works_for_one_client_at_a_time(
    as_admin: httpx.AsyncClient, as_role: AsRole, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    made = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]
    other = made["id"]
    await run_jobs()
    there = {"clientId": other}
    for number, params in ((1, {}), (2, there)):
        sent = await as_admin.post(
            "/api/upload/file", params=params, files={"file": (f"{number}.csv", csv_of([row(number)]))}
        )
        assert sent.status_code == 201, sent.text
    await run_jobs()

    async def policies(person: httpx.AsyncClient, **params: int | str) -> list[str]:
        rows = (await person.get("/api/cases", params=params)).json()["data"]["cases"]
        return sorted(case["policyNumber"] for case in rows)

    assert await policies(as_admin) == ["DM/2026/00001", "DM/2026/00002"]
    assert await policies(as_admin, **there) == ["DM/2026/00002"]
    assert await policies(as_admin, clientId=made["clientCode"]) == ["DM/2026/00002"]
    assert (await as_admin.get("/api/cases", params={"clientId": "CLIENT-999"})).status_code == 404
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


# What is made beside the uploads and what every client starts with; $ is the client.
_BESIDE = """
insert into dnc_registry (id, client_id, dnc_type, customer_phone) values ($, $, 'phone', '+919876543210');
insert into dnc_override_logs (dnc_id, override_type, reason) values ($, 'permanent', 'Asked us to call');
insert into dnc_blocked_messages (client_id, dnc_id, message_type, recipient_phone) values ($, $, 'sms', '+919876543210');
insert into suppressions (client_id, channel, contact, reason) values ($, 'email', 'asha@example.com', 'manual');
insert into campaigns (id, client_id, name, campaign_type, channels) values ($ * 10, $, 'Renewals', 'multi', array['sms']);
insert into campaigns (client_id, parent_id, name, campaign_type, channels) values ($, $ * 10, 'Renewals', 'sms', array['sms']);
insert into communication_delivery_status (client_id, communication_type, recipient_contact, status)
  values ($, 'sms', '+919876543210', 'sent');
update renewal_cases set status = 'renewed', closed_at = now() where client_id = $
  and id = (select min(id) from renewal_cases where client_id = $)
"""
_SPAN = (
    "/api/cases", "/api/cases/closed", "/api/customers", "/api/policies", "/api/campaigns", "/api/campaigns?view=parent",
    "/api/templates", "/api/providers", "/api/upload/history", "/api/batches/status", "/api/dnc", "/api/dnc/overrides",
    "/api/dnc/blocked-messages", "/api/suppressions", "/api/communications/delivery-status", "/api/users",
)  # fmt: skip


async def test_every_row_of_a_list_over_several_clients_says_whose_it_is(
    as_admin: httpx.AsyncClient, as_role: AsRole, run_jobs: Callable[[], Awaitable[None]]
) -> None:
    other: int = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    await run_jobs()
    await as_role("agent", client_id=other)
    for client in (1, other):
        file = csv_of([row(client * 10), row(client * 10 + 1)])
        sent = await as_admin.post(
            "/api/upload/file", params={"clientId": client}, files={"file": (f"{client}.csv", file)}
        )
        assert sent.status_code == 201, sent.text
    await run_jobs()
    async with unit_of_work() as session:
        for client in (1, other):
            for statement in _BESIDE.replace("$", str(client)).split(";\n"):
                await db.execute(session, statement)

    async def owners(path: str, **params: int) -> set[int]:
        answer = await as_admin.get(path, params=httpx.URL(path).params.merge({"limit": 100, **params}))
        assert answer.status_code == 200, (path, answer.text)
        data = answer.json()["data"]
        rows = data if isinstance(data, list) else next(value for value in data.values() if isinstance(value, list))
        return {one["clientId"] for one in rows}

    for path in _SPAN:
        assert await owners(path) == {1, other}, path
        assert await owners(path, clientId=other) == {other}, path


async def test_nobody_works_for_a_client_that_is_not_theirs(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    agent = await as_role("agent")
    for client in (other, 0, 10**30, "x", "-1"):
        answer = await agent.get("/api/cases", params={"clientId": client})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "client_not_found"), client
    assert (await agent.get("/api/cases", params={"clientId": agent.user["clientId"]})).status_code == 200
    assert (await as_admin.post("/api/customers", params={"clientId": 404}, json={})).status_code == 404
