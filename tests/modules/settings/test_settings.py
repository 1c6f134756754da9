"""Settings: defaults, ranges, who may read and change them, secrets."""

import httpx

from py360.kit import crypto, db, resources
from py360.kit.db import unit_of_work
from py360.modules.settings import api as settings
from py360.modules.settings.sections import WhatsappFlow
from tests.factories.stored import read_rows, read_value
from tests.modules.conftest import AsRole


async def test_anonymous_and_unentitled_callers_are_kept_out(client: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    for method, path in (
        ("GET", "/api/settings/campaigns"),
        ("PUT", "/api/settings/campaigns"),
        ("POST", "/api/settings/campaigns/reset"),
    ):
        assert (await client.request(method, path, json={})).status_code == 401
        assert (await agent.request(method, path, json={})).status_code == 403
    assert (await agent.get("/api/settings/renewals")).status_code == 200  # who works cases sees how they are worked
    assert (await agent.put("/api/settings/renewals", json={})).status_code == 403


async def test_nothing_set_means_the_defaults(as_admin: httpx.AsyncClient) -> None:
    values = (await as_admin.get("/api/settings/campaigns")).json()["data"]["settings"]
    assert (values["batchSize"], values["dataRetentionDays"], values["templateApprovalRequired"]) == (400, 365, False)
    assert (values["promotionalFrom"], values["promotionalTo"], values["serviceFrom"]) == ("10:00", "21:00", None)
    assert (await as_admin.get("/api/settings/renewals")).json()["data"]["settings"]["renewalPeriod"] == 30
    assert (await as_admin.get("/api/settings/dnc")).json()["data"]["settings"]["blockOnDNC"] is True


async def test_a_part_is_changed_and_the_rest_stays(as_admin: httpx.AsyncClient) -> None:
    path = "/api/settings/campaigns"
    await as_admin.put(path, json={"batchSize": 100})
    answer = await as_admin.put(path, json={"trackingEnabled": False, "colour": "red"})
    data = answer.json()["data"]
    assert data["ignored"] == ["colour"]
    assert "colour" not in data["settings"]
    assert (data["settings"]["batchSize"], data["settings"]["trackingEnabled"]) == (100, False)
    async with unit_of_work() as session:
        values = await settings.get(session, 1, settings.Campaigns)
        stored = await read_value(session, "select values from settings where section = 'campaigns'")
    assert values == await settings.get(resources.current().reads, 1, settings.Campaigns)
    assert values.batch_size == 100
    assert stored == {"batchSize": 100, "trackingEnabled": False}
    assert (await as_admin.post(f"{path}/reset")).json()["data"]["settings"]["batchSize"] == 400


OUT_OF_RANGE = [
    ("campaigns", {"batchSize": 9}, "batchSize"),
    ("campaigns", {"emailRateLimit": 10_001}, "emailRateLimit"),
    ("campaigns", {"consentRequired": False}, "consentRequired"),
    ("campaigns", {"dndCompliance": False}, "dndCompliance"),
    ("dnc", {"blockOnDNC": False}, "blockOnDNC"),
    ("dnc", {"enabled": False}, "enabled"),
    ("campaigns", {"promotionalFrom": "25:00"}, "promotionalFrom"),
    ("campaigns", {"promotionalFrom": "22:00"}, ""),
    ("campaigns", {"serviceFrom": "08:00"}, ""),
    ("renewals", {"renewalPeriod": 33}, "renewalPeriod"),
    ("renewals", {"autoRefresh": "maybe"}, "autoRefresh"),
    ("whatsapp-flow", {"businessHours": {"start": "9"}}, "businessHours.start"),
    ("integrations", {"dataRetentionDays": 100}, "dataRetentionDays"),
]


async def test_a_value_out_of_range_is_named(as_admin: httpx.AsyncClient) -> None:
    for section, bad, field in OUT_OF_RANGE:
        answer = await as_admin.put(f"/api/settings/{section}", json=bad)
        assert answer.status_code == 422, (bad, answer.text)
        assert [detail["field"] for detail in answer.json()["error"]["details"]] == [field], bad
        before = (await as_admin.get(f"/api/settings/{section}")).json()["data"]["settings"]
        assert all(before[key] != value for key, value in bad.items())


async def test_a_secret_goes_in_and_never_comes_out(as_admin: httpx.AsyncClient) -> None:
    path = "/api/settings/whatsapp-flow"
    answer = await as_admin.put(path, json={"accessToken": "s3cr3t", "maxRetries": 2})
    assert answer.json()["data"]["settings"]["accessToken"] == "********"
    await as_admin.put(path, json=answer.json()["data"]["settings"])  # the page sends back what it was shown
    async with unit_of_work() as session:
        values = await settings.get(session, 1, WhatsappFlow)
        assert "s3cr3t" not in str(await read_rows(session, "select values from settings"))
    assert crypto.unseal(values.access_token) == "s3cr3t"
    assert values.max_retries == 2
    assert (await as_admin.put(path, json={"accessToken": ""})).json()["data"]["settings"]["accessToken"] == ""


async def test_a_stored_value_that_no_longer_fits_falls_back(as_admin: httpx.AsyncClient) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into settings (client_id, section, values) values (1, 'campaigns', '{\"batchSize\": 1, \"retryAttempts\": 5}')",
        )
        values = await settings.get(session, 1, settings.Campaigns)
    assert (values.batch_size, values.retry_attempts) == (400, 5)


async def test_clients_have_their_own(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    there = await as_role("client_admin", client_id=other)
    await there.put("/api/settings/renewals", json={"renewalPeriod": 45})
    assert (await there.get("/api/settings/renewals")).json()["data"]["settings"]["renewalPeriod"] == 45
    assert (await as_admin.get("/api/settings/renewals")).json()["data"]["settings"]["renewalPeriod"] == 30


async def test_tabs_kept_elsewhere_say_where(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.get("/api/settings/general")
    assert answer.status_code == 404
    assert "/api/user/settings" in answer.json()["error"]["message"]
    assert (await as_admin.put("/api/settings/nonsense", json={})).status_code == 404


async def test_thirteen_languages_are_public(client: httpx.AsyncClient) -> None:
    languages = (await client.get("/api/languages")).json()["data"]["languages"]
    assert len(languages) == 13
    assert languages[0]["code"] == "en"
    assert [language["code"] for language in languages if language["direction"] == "rtl"] == ["ur"]
