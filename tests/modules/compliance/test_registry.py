"""The do-not-contact registry over HTTP."""

import httpx

from tests.modules.conftest import AsRole

ENTRY = {"customerName": "Asha Rao", "customerPhone": "98765 43210", "dncType": "phone", "reason": "asked by phone"}
CHECK = {"contact": {"phone": "+91 98765-43210"}, "channel": "sms"}


async def add(admin: httpx.AsyncClient, **changes: object) -> str:
    answer = await admin.post("/api/dnc", json=ENTRY | changes)
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["data"]["dncId"]
    return code


async def blocked(admin: httpx.AsyncClient, check: dict[str, object] = CHECK) -> bool:
    answer = await admin.post("/api/dnc/check", json=check)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["data"]["isBlocked"])


async def test_an_entry_blocks_its_channels_only(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin)
    assert code.startswith("DNC-")
    data = (await as_admin.post("/api/dnc/check", json=CHECK)).json()["data"]
    assert (data["isBlocked"], data["source"], data["dncId"], data["overrideAllowed"]) == (True, "manual", code, False)
    assert await blocked(as_admin, CHECK | {"channel": "whatsapp"})
    assert not await blocked(as_admin, {"contact": {"email": "asha@example.com"}, "channel": "email"})


async def test_type_decides_what_is_needed(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post("/api/dnc", json=ENTRY | {"dncType": "both"})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["customerEmail"]


async def test_once_per_client(as_admin: httpx.AsyncClient) -> None:
    await add(as_admin)
    again = await as_admin.post("/api/dnc", json=ENTRY | {"customerPhone": "+919876543210"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "dnc_exists")


async def test_switch_change_delete(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin)
    assert (await as_admin.put(f"/api/dnc/{code}/status", json={})).json()["data"]["isActive"] is False
    assert not await blocked(as_admin)
    assert (await as_admin.put(f"/api/dnc/{code}", json=ENTRY | {"reason": "changed"})).status_code == 200
    assert await blocked(as_admin)
    shown = (await as_admin.get(f"/api/dnc/{code}")).json()["data"]
    assert (shown["reason"], shown["customerPhone"]) == ("changed", "+919876543210")
    listed = (await as_admin.get("/api/dnc", params={"search": "asha", "type": "phone"})).json()["data"]
    assert [each["id"] for each in listed["entries"]] == [code]
    assert (await as_admin.get("/api/dnc/statistics")).json()["data"]["phoneEntries"] == 1
    assert (await as_admin.delete(f"/api/dnc/{code}")).status_code == 200
    assert (await as_admin.get(f"/api/dnc/{code}")).status_code == 404


async def test_an_override_needs_somebody_elses_yes(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    code = await add(as_admin, overrideAllowed=True)
    asked = await as_admin.post(f"/api/dnc/{code}/overrides", json={"reason": "customer called us"})
    assert (asked.status_code, asked.json()["data"]["status"]) == (201, "pending")
    assert await blocked(as_admin)
    path = f"/api/dnc/overrides/{asked.json()['data']['overrideId']}/decision"
    own = await as_admin.put(path, json={"decision": "approved"})
    assert (own.status_code, own.json()["error"]["code"]) == (403, "own_override")
    other = await as_role("client_admin")
    assert (await other.put(path, json={"decision": "approve"})).json()["data"]["status"] == "approved"
    assert not await blocked(as_admin)
    assert (await other.put(path, json={"decision": "revoke"})).status_code == 200
    assert await blocked(as_admin)
    events = [each["event"] for each in (await as_admin.get(f"/api/dnc/{code}/history")).json()["data"]["history"]]
    assert sorted(events) == ["added", "override_revoked"]


async def test_who_decides_is_told_and_who_asked_is_answered(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    code = await add(as_admin, overrideAllowed=True)
    manager, agent = await as_role("client_admin"), await as_role("agent", name="Ravi Kumar")

    async def titles(person: httpx.AsyncClient) -> list[str]:
        rows = (await person.get("/api/notifications")).json()["data"]["notifications"]
        return [row["title"] for row in rows]

    asked = await agent.post(f"/api/dnc/{code}/overrides", json={"reason": "customer called us"})
    assert asked.status_code == 201, asked.text
    assert await titles(manager) == await titles(as_admin) == ["A do-not-contact override is asked for"]
    path = f"/api/dnc/overrides/{asked.json()['data']['overrideId']}/decision"
    assert (await manager.put(path, json={"decision": "reject", "reason": "No"})).status_code == 200
    assert await titles(agent) == ["Your do-not-contact override is rejected"]


async def test_an_entry_without_overrides_has_none(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin)
    answer = await as_admin.post(f"/api/dnc/{code}/overrides", json={"reason": "please"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "override_not_allowed")


async def test_a_list_is_cleaned_and_blanks_are_no_duplicates(as_admin: httpx.AsyncClient) -> None:
    await add(as_admin)
    contacts = [
        {"name": "blocked", "phone": "9876543210"},
        {"name": "one", "phone": "", "email": "one@example.com"},
        {"name": "two", "phone": " ", "email": "two@example.com"},
        {"name": "one again", "email": "One@Example.com"},
        {"name": "blocked by phone, free by mail", "phone": "+919876543210", "email": "free@example.com"},
        {"name": "both known", "phone": "9876543210", "email": "two@example.com"},
    ]
    data = (await as_admin.post("/api/dnc/deduplicate", json={"contacts": contacts})).json()["data"]
    assert [each["name"] for each in data["allowed"]] == ["one", "two", "blocked by phone, free by mail"]
    assert [each["name"] for each in data["blocked"]] == ["blocked"]
    assert (data["duplicatesRemoved"], data["dncBlocked"]) == (2, 1)


async def test_suppressions_by_hand(as_admin: httpx.AsyncClient) -> None:
    body = {"channel": "email", "contact": "Asha@Example.com", "details": "wrote to us"}
    assert (await as_admin.post("/api/suppressions", json=body)).status_code == 201
    (listed,) = (await as_admin.get("/api/suppressions")).json()["data"]["suppressions"]
    assert (listed["contact"], listed["reason"]) == ("asha@example.com", "manual")
    assert (await as_admin.delete(f"/api/suppressions/{listed['id']}")).status_code == 200
    assert (await as_admin.delete(f"/api/suppressions/{listed['id']}")).status_code == 404


async def test_the_registry_is_read_and_changed_by_its_permissions(client: httpx.AsyncClient, as_role: AsRole) -> None:
    assert (await client.get("/api/dnc")).status_code == 401
    agent = await as_role("agent")
    assert (await agent.get("/api/dnc")).status_code == 403
    assert (await agent.post("/api/dnc/check", json=CHECK)).status_code == 200


async def test_what_the_office_does_not_want(as_admin: httpx.AsyncClient) -> None:
    code = await add(as_admin, overrideAllowed=True)
    assert (await as_admin.post("/api/dnc/check", json=CHECK)).json()["data"]["overrideAllowed"] is True
    off = {"allowOverrides": False, "bulkOperationsEnabled": False}
    assert (await as_admin.put("/api/settings/dnc", json=off)).status_code == 200
    assert (await as_admin.post("/api/dnc/check", json=CHECK)).json()["data"]["overrideAllowed"] is False
    asked = await as_admin.post(f"/api/dnc/{code}/overrides", json={"reason": "please"})
    assert (asked.status_code, asked.json()["error"]["code"]) == (409, "override_not_allowed")
    cleaned = await as_admin.post("/api/dnc/deduplicate", json={"contacts": [{"phone": "9876543210"}]})
    assert (cleaned.status_code, cleaned.json()["error"]["code"]) == (409, "bulk_off")


async def test_a_cleaned_list_says_where_an_entry_comes_from(as_admin: httpx.AsyncClient) -> None:
    await add(as_admin, dncSource="government")
    await as_admin.post("/api/suppressions", json={"channel": "sms", "contact": "+919876500001"})
    contacts = [{"phone": "9876543210"}, {"phone": "9876500001"}, {"phone": "9876500002"}]
    answer = await as_admin.post("/api/dnc/deduplicate", json={"contacts": contacts, "channel": "sms"})
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert [each["dncSource"] for each in data["blocked"]] == ["government", "suppressed"]
    assert [each["phone"] for each in data["allowed"]] == ["9876500002"]
