"""Nothing that was asked is passed over: a parameter or a field that nobody reads is named and refused."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/api/cases", "policyStatus"),  # the lean route
        ("/api/cases/closed", "dueFrom"),
        ("/api/campaigns", "performance"),
        ("/api/users", "role"),
        ("/api/auth/me", ""),
    ],
)
async def test_an_unknown_parameter_is_named_and_refused(as_admin: httpx.AsyncClient, path: str, known: str) -> None:
    answer = await as_admin.get(path, params={"shoeSize": "9", "region": "North"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "unknown_filter")
    assert error["message"] == "There is no filter or parameter called shoeSize, region."
    assert [each["field"] for each in error["details"]] == ["shoeSize", "region"]
    assert known in error["details"][0]["message"]
    assert (await as_admin.get(path, params={"format": "csv", "shoeSize": "9"})).status_code == 422


async def test_what_a_browser_adds_and_the_client_are_known_everywhere(as_admin: httpx.AsyncClient) -> None:
    for path in ("/api/cases", "/api/campaigns", "/api/auth/me", "/api/roles?limit=5&page=1"):
        params = httpx.URL(path).params.merge({"_": "1764000000", "_t": "1", "clientId": "1"})
        assert (await as_admin.get(path, params=params)).status_code == 200, path


async def test_who_may_not_ask_hears_that_first(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/cases", params={"shoeSize": "9"})).status_code == 401
    assert (await client.get("/pay/nonsense", params={"utm_source": "mail", "fbclid": "1"})).status_code == 404


async def test_a_field_that_nobody_reads_is_named_and_refused(as_admin: httpx.AsyncClient) -> None:
    for method, path, body in (
        ("PATCH", "/api/cases/CASE-1/quick-edit", {"renewalAmount": 1}),
        ("POST", "/api/campaigns", {"name": "May", "type": ["sms"], "templates": {"sms": 1}, "renewalAmount": 1}),
        ("PUT", "/api/templates/1", {"name": "May", "renewalAmount": 1}),
    ):
        answer = await as_admin.request(method, path, json=body)
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "invalid"), path
        assert error["details"] == [{"field": "renewalAmount", "message": "is not a field of this form"}]


async def test_a_template_is_saved_with_its_status(as_admin: httpx.AsyncClient) -> None:
    body = {"name": "May", "type": "sms", "content": "Dear {name}", "status": "draft"}
    made = (await as_admin.post("/api/templates", json=body)).json()["data"]
    path = f"/api/templates/{made['templateId']}"
    saved = await as_admin.put(path, json=body | {"status": "active"})
    assert saved.json()["data"]["status"] == "active", saved.text
    assert (await as_admin.get(path)).json()["data"]["isActive"] is True
    refused = await as_admin.put(path, json={"content": "Hello {name}", "status": "rejected"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "refused_transition")
    assert (await as_admin.get(path)).json()["data"]["content"] == "Dear {name}"
