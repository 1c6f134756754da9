"""Forms as React sends them: whole records back, and empty texts for what was left empty."""

from typing import Any

import httpx
import pytest

from tests.factories.book import merge, row

PROVIDER = {
    "name": "Relay", "channel": "email", "type": "smtp",
    "config": {"host": "127.0.0.1", "port": 25, "username": "", "password": "", "fromEmail": "us@example.com", "fromName": "Us"},
}  # fmt: skip
# Of each record: what is not set by its form, and what the system moves while a form is open.
FIXED: dict[str, dict[str, Any]] = {
    "/api/users": {"roleName": "Boss", "mfaEnabled": True, "clientId": 99, "createdAt": "2020-01-01T00:00:00Z"},
    "/api/roles": {"name": "admin", "isSystem": True, "id": 1},
    "/api/clients": {"clientCode": "CLIENT-900"},
    "/api/hierarchy/nodes": {"type": "team", "parentId": 7},
    "/api/customers": {"kycStatus": "verified", "name": "Somebody Else", "customerId": 99},
    "/api/policies": {"policyNumber": "P-OTHER", "customerName": "Somebody Else"},
    "/api/cases": {"status": "Renewed", "policyDetails": {"premium": 1}, "customerEmail": "x@example.com"},
    "/api/user/profile": {"role": "viewer", "department": "it"},
    "/api/templates": {"isActive": True, "createdBy": "Somebody Else"},
    "/api/providers": {"isSandbox": True},
    "/api/dnc": {"clientCode": "CLIENT-900", "createdBy": "Somebody Else"},
    "/api/campaigns": {"status": "active", "type": "email", "parentId": "campaign-77"},
}
MOVED: dict[str, dict[str, Any]] = {
    "/api/users": {"lastLogin": "2020-01-01T00:00:00Z"},
    "/api/roles": {"userCount": 9},
    "/api/clients": {"userCount": 9},
    "/api/hierarchy/nodes": {"currentCases": 9},
    "/api/cases": {"totalCalls": 9, "history": []},
    "/api/user/profile": {"lastLoginDate": None},
    "/api/templates": {"usageCount": 9},
    "/api/providers": {"status": "error", "lastUsed": "2020-01-01T00:00:00Z"},
    "/api/dnc": {"lastOverride": "2020-01-01T00:00:00Z"},
    "/api/campaigns": {"metrics": {}, "progress": 9, "lastModified": "2020-01-01T00:00:00Z"},
}
# What makes one, and under which name its answer says the id.
MADE: dict[str, tuple[str, dict[str, Any]]] = {
    "/api/users": ("id", {"name": "Ravi Kumar", "email": "ravi@example.com"}),
    "/api/roles": ("id", {"displayName": "Front Office"}),
    "/api/hierarchy/nodes": ("id", {"name": "North", "type": "region"}),
    "/api/templates": ("templateId", {"name": "May", "type": "sms", "content": "Dear {name}", "status": "draft"}),
    "/api/providers": ("providerId", PROVIDER),
    "/api/dnc": ("dncId", {"customerPhone": "9876543210", "dncType": "phone"}),
}


async def _record(as_admin: httpx.AsyncClient, path: str) -> tuple[str, dict[str, Any]]:
    """The address of a record and how it is shown there."""
    if path in MADE:
        key, body = MADE[path]
        one = f"{path}/{(await as_admin.post(path, json=body)).json()['data'][key]}"
        return one, (await as_admin.get(one)).json()["data"]
    if path == "/api/user/profile":
        return path, (await as_admin.get(path)).json()["data"]
    await merge(row())
    if path == "/api/campaigns":
        draft = {"name": "May", "type": ["sms"], "templates": {"sms": "Renewal Alert"}, "draft": True}
        assert (await as_admin.post(path, json=draft)).status_code == 201
    record = (await as_admin.get(path)).json()["data"][path.rpartition("/")[2]][0]
    one = f"{path}/{record['id']}"
    return one, (await as_admin.get(one)).json()["data"] if path != "/api/clients" else record


@pytest.mark.parametrize("path", FIXED)
async def test_a_record_comes_back_as_it_was_shown_and_what_is_not_set_there_is_named(
    as_admin: httpx.AsyncClient, path: str
) -> None:
    one, shown = await _record(as_admin, path)
    for name, value in FIXED[path].items():
        answer = await as_admin.put(one, json=shown | {name: value})
        error = answer.json()["error"]
        assert (answer.status_code, error["code"]) == (422, "read_only"), (name, answer.text)
        assert [each["field"] for each in error["details"]] == [name]
    answer = await as_admin.put(one, json=shown | MOVED.get(path, {}) | {"updatedAt": "2020-01-01T00:00:00Z"})
    if path == "/api/cases":  # has none
        assert answer.json()["error"]["details"][0]["field"] == "updatedAt"
        answer = await as_admin.put(one, json=shown | MOVED[path])
    assert answer.status_code == 200, answer.text


async def test_own_settings_come_back_whole(as_admin: httpx.AsyncClient) -> None:
    shown = (await as_admin.get("/api/user/settings")).json()["data"]["settings"]
    assert (await as_admin.put("/api/user/settings", json=shown)).json()["data"]["settings"] == shown


async def test_a_refused_form_changes_nothing(as_admin: httpx.AsyncClient) -> None:
    one, shown = await _record(as_admin, "/api/customers")
    body = shown | {"firstName": "Changed", "kycStatus": "verified"}
    assert (await as_admin.put(one, json=body)).status_code == 422
    assert (await as_admin.get(one)).json()["data"] == shown


async def test_a_record_of_an_older_version_is_refused_as_that(as_admin: httpx.AsyncClient) -> None:
    one, shown = await _record(as_admin, "/api/policies")
    assert (await as_admin.put(one, json=shown | {"premium": 7_000})).status_code == 200
    late = await as_admin.put(one, json=shown | {"premium": 8_000})
    assert (late.status_code, late.json()["error"]["code"]) == (412, "changed_meanwhile")
    assert (await as_admin.get(one)).json()["data"]["premium"] == 7_000


async def test_what_a_form_leaves_empty_is_empty(as_admin: httpx.AsyncClient) -> None:
    """An untouched field of a React form is an empty text, whatever belongs there: a date, a word of a list, a number."""
    one, _ = await _record(as_admin, "/api/cases")
    untouched = {"status": "", "subStatus": "", "nextFollowUpDate": "", "currentWorkStep": "", "nextActionPlan": ""}
    for method, path, body in (
        ("PATCH", f"{one}/quick-edit", untouched | {"nextFollowUpDate": "2026-12-24", "comment": ""}),
        ("PATCH", f"{one}/quick-edit", untouched | {"comment": " "}),
        (
            "POST",
            f"{one}/comments",
            {"text": "Called", "updateStatus": False, "status": "", "subStatus": "", "nextFollowUpDate": ""},
        ),
        (
            "POST",
            "/api/users",
            {"name": "Ravi", "email": "ravi@example.com", "phone": "", "department": "", "jobTitle": ""},
        ),
        (
            "POST",
            "/api/hierarchy/nodes",
            {"name": "North", "type": "region", "parentId": "", "managerId": "", "budget": "", "targetCases": "", "ifsc": ""},
        ),
        (
            "POST",
            "/api/campaigns",
            {
                "name": "May",
                "type": ["sms"],
                "templates": {"sms": "Renewal Alert"},
                "scheduleType": "immediate",
                "scheduledAt": "",
                "uploadId": "",
                "advancedScheduling": {"enabled": False},
                "draft": True,
            },
        ),
    ):  # fmt: skip
        answer = await as_admin.request(method, path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
    case = (await as_admin.get(one)).json()["data"]
    emptied = await as_admin.put(one, json={"customerName": "", "premium": "", "version": case["version"]})
    assert {each["field"] for each in emptied.json()["error"]["details"]} == {"customerName", "premium"}
    assert (case["status"], case["nextFollowUpDate"], len(case["comments"])) == ("Validated", None, 1)
    listed = await as_admin.get("/api/cases", params={"dateFrom": "", "dateTo": "", "sort": "", "cursor": ""})
    assert listed.status_code == 200, listed.text
