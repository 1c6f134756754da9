"""Templates over HTTP."""

import httpx
import pytest

from tests.modules.conftest import AsRole

EMAIL = {
    "name": "Custom Renewal Template",
    "type": "email",
    "subject": "Policy Renewal Notice",
    "content": "Dear {name}, please renew your policy {policy_number}: {link}",
    "variables": ["name", "policy_number"],
}


async def test_the_builtin_templates_are_there(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.get("/api/templates", params={"type": "email", "active": "true", "limit": 100})
    assert answer.status_code == 200
    found = answer.json()["data"]["templates"]
    assert {"Renewal Reminder - 30 Days", "Payment Confirmation", "Renewal Quote"} <= {each["name"] for each in found}
    first = next(each for each in found if each["name"] == "Renewal Reminder - 30 Days")
    assert first["id"].startswith("template-")
    assert "payment_link" in first["variables"]


async def test_a_new_template_is_active_at_once(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post("/api/templates", json=EMAIL)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert data["templateId"].startswith("template-")
    assert data["status"] == "active"
    shown = (await as_admin.get(f"/api/templates/{data['templateId']}")).json()["data"]
    assert shown["variables"] == ["name", "policy_number", "link"]
    assert shown["isActive"] is True
    assert [each["version"] for each in shown["versions"]] == [1]


async def test_an_unknown_variable_is_refused_with_a_hint(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post(
        "/api/templates", json=EMAIL | {"content": "Dear {{custmer_name}}, hello {{shoe_size}}"}
    )
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "unknown_variable"
    assert [each["field"] for each in error["details"]] == ["content", "content"]
    assert "customer_name" in error["details"][0]["message"]


@pytest.mark.parametrize(
    "spelling", ["{{CustomerName}}", "{customer_name}", "{{ customerName }}", "{name}", "{{NAME}}"]
)
async def test_every_spelling_works(as_admin: httpx.AsyncClient, spelling: str) -> None:
    body = {"name": f"spelling {spelling}", "type": "sms", "content": f"Dear {spelling}, due [Renewal Date]."}
    made = (await as_admin.post("/api/templates", json=body)).json()["data"]
    preview = await as_admin.post(
        f"/api/templates/{made['templateId']}/preview", json={"parameters": {"Name": "Asha", "due_date": "2026-12-15"}}
    )
    assert preview.json()["data"]["text"] == "Dear Asha, due 15-Dec-2026."


async def test_saving_again_makes_a_version_and_keeps_the_old(as_admin: httpx.AsyncClient) -> None:
    made = await as_admin.post("/api/templates", json=EMAIL)
    path, tag = f"/api/templates/{made.json()['data']['templateId']}", made.headers["etag"]
    saved = await as_admin.put(path, json=EMAIL | {"subject": "Changed"}, headers={"If-Match": tag})
    assert saved.status_code == 200, saved.text
    assert saved.json()["data"]["version"] == 2
    late = await as_admin.put(path, json=EMAIL | {"subject": "Later"}, headers={"If-Match": tag})
    assert late.status_code == 412
    versions = (await as_admin.get(path)).json()["data"]["versions"]
    assert [(each["version"], each["subject"]) for each in versions] == [(2, "Changed"), (1, "Policy Renewal Notice")]


async def test_what_an_edit_leaves_out_stays(as_admin: httpx.AsyncClient) -> None:
    body = EMAIL | {"tags": ["may"], "category": "payment", "language": "hi", "dltApproved": True}
    path = f"/api/templates/{(await as_admin.post('/api/templates', json=body)).json()['data']['templateId']}"
    before = (await as_admin.get(path)).json()["data"]
    told = "subject", "content", "tags", "category", "language", "dltApproved", "format"
    saved = await as_admin.put(path, json={"name": "June notice"})
    assert saved.status_code == 200, saved.text
    after = (await as_admin.get(path)).json()["data"]
    assert (after["name"], after["version"]) == ("June notice", 2)
    assert [after[key] for key in told] == [before[key] for key in told]
    assert (await as_admin.put(path, json={"content": "<p>Dear {name}: {payment_link}</p>"})).status_code == 200
    mended = (await as_admin.get(path)).json()["data"]
    assert (mended["format"], mended["subject"], mended["variables"]) == (
        "html",
        body["subject"],
        ["name", "payment_link"],
    )
    for wrong in ({"name": None}, {"content": ""}, {"subject": None}, {"type": "pigeon"}):
        assert (await as_admin.put(path, json=wrong)).status_code == 422, wrong


async def test_the_lint_warns_and_does_not_stop(as_admin: httpx.AsyncClient) -> None:
    email = (await as_admin.post("/api/templates", json=EMAIL)).json()["data"]
    assert [each["code"] for each in email["warnings"]] == ["unsubscribe_missing"]
    sms = {"name": "Hindi", "type": "sms", "content": "प्रिय {{name}}, पॉलिसी {{policy_number}} का नवीनीकरण करें। " * 3}
    found = (await as_admin.post("/api/templates", json=sms)).json()["data"]["warnings"]
    assert {each["code"] for each in found} == {"dlt_missing", "sms_parts", "sms_unicode"}


async def test_a_mail_with_a_script_is_refused(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post("/api/templates", json=EMAIL | {"content": "<p>Hi</p><script>alert(1)</script>"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "active_content")


async def test_broken_mjml_is_refused(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.post(
        "/api/templates", json=EMAIL | {"content": "<mjml><mj-body><mj-section></mj-body></mjml>"}
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "template_syntax")


async def test_the_name_is_taken_once_per_channel(as_admin: httpx.AsyncClient) -> None:
    await as_admin.post("/api/templates", json=EMAIL)
    again = await as_admin.post("/api/templates", json=EMAIL)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "name_taken")


async def test_an_archived_name_is_free_until_it_comes_back(as_admin: httpx.AsyncClient) -> None:
    """Send calls take the name for the id: never two to choose from."""
    first = (await as_admin.post("/api/templates", json=EMAIL)).json()["data"]["templateId"]
    await as_admin.put(f"/api/templates/{first}/status", json={"status": "archived"})
    assert (await as_admin.post("/api/templates", json=EMAIL)).status_code == 201
    back = await as_admin.put(f"/api/templates/{first}/status", json={"status": "active"})
    assert (back.status_code, back.json()["error"]["code"]) == (409, "name_taken")


async def test_duplicate_is_a_draft_and_statuses_follow_their_rules(as_admin: httpx.AsyncClient) -> None:
    made = (await as_admin.post("/api/templates", json=EMAIL)).json()["data"]["templateId"]
    copy = (await as_admin.post(f"/api/templates/{made}/duplicate")).json()["data"]["templateId"]
    shown = (await as_admin.get(f"/api/templates/{copy}")).json()["data"]
    assert (shown["name"], shown["status"], shown["isActive"]) == ("Custom Renewal Template (Copy)", "draft", False)
    second = (await as_admin.post(f"/api/templates/{made}/duplicate")).json()["data"]["templateId"]
    assert (await as_admin.get(f"/api/templates/{second}")).json()["data"]["name"] == "Custom Renewal Template (Copy 2)"
    refused = await as_admin.put(f"/api/templates/{copy}/status", json={"status": "rejected"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "refused_transition")
    assert (await as_admin.put(f"/api/templates/{copy}/status", json={"status": "active"})).status_code == 200
    assert (await as_admin.delete(f"/api/templates/{copy}")).status_code == 200
    assert (await as_admin.get(f"/api/templates/{copy}")).status_code == 404


async def test_approval_is_asked_for_when_the_setting_says_so(as_admin: httpx.AsyncClient) -> None:
    set_ = await as_admin.put("/api/settings/campaigns", json={"templateApprovalRequired": True})
    assert set_.status_code == 200, set_.text
    made = (await as_admin.post("/api/templates", json=EMAIL)).json()["data"]
    assert made["status"] == "pending_approval"


async def test_export_goes_in_again(as_admin: httpx.AsyncClient) -> None:
    exported = (await as_admin.get("/api/templates/export", params={"type": "sms"})).json()["data"]["templates"]
    renamed = [each | {"name": each["name"] + " again"} for each in exported]
    answer = await as_admin.post("/api/templates/import", json={"templates": renamed})
    assert (answer.status_code, answer.json()["data"]["imported"]) == (201, len(exported))


async def test_an_import_says_which_template_is_wrong(as_admin: httpx.AsyncClient) -> None:
    good = {"name": "Good", "type": "sms", "content": "Hello {name}"}
    bad = {"name": "Bad", "type": "sms", "content": "Hello {nonsense}"}
    answer = await as_admin.post("/api/templates/import", json={"templates": [good, bad]})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "unknown_variable")
    assert error["message"].startswith("“Bad”: ")
    assert error["details"][0]["field"] == "templates.1.content"
    listed = (await as_admin.get("/api/templates", params={"search": "Good"})).json()["data"]["templates"]
    assert "Good" not in [each["name"] for each in listed]


async def test_everything_is_exported_however_many_there_are(as_admin: httpx.AsyncClient) -> None:
    many = [{"name": f"Text {number}", "type": "sms", "content": "Hello {name}"} for number in range(110)]
    assert (await as_admin.post("/api/templates/import", json={"templates": many})).status_code == 201
    exported = (await as_admin.get("/api/templates/export", params={"type": "sms"})).json()["data"]["templates"]
    assert len(exported) > 110


async def test_templates_are_read_and_changed_by_their_permissions(client: httpx.AsyncClient, as_role: AsRole) -> None:
    assert (await client.get("/api/templates")).status_code == 401
    agent = await as_role("agent")
    assert (await agent.get("/api/templates")).status_code == 200
    assert (await agent.post("/api/templates", json=EMAIL)).status_code == 403
