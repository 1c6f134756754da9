"""The audit log: a line for every change, none for what was refused or only read."""

from typing import Any

import httpx

from tests.factories.cases import MakeCase
from tests.modules.conftest import AsRole, Sandbox, sandbox

__all__ = ["sandbox"]  # the fixture


async def lines(caller: httpx.AsyncClient, **asked: Any) -> list[dict[str, Any]]:
    """The newest lines of the audit log."""
    answer = await caller.get("/api/audit-logs", params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["auditLogs"]
    return found


async def test_a_change_stands_in_the_log_and_a_refusal_does_not(
    as_admin: httpx.AsyncClient, make_case: MakeCase
) -> None:
    case = await make_case("assigned")
    await as_admin.get(case.path)
    assert (await as_admin.put(f"{case.path}/priority", json={"isPriority": "perhaps"})).status_code == 422
    assert (await as_admin.put("/api/cases/CASE-999/priority", json={"isPriority": True})).status_code == 404
    assert (await as_admin.put(f"{case.path}/priority", json={"isPriority": True})).status_code == 200
    (line,) = await lines(as_admin, entityType="case", entityId=case.id)
    assert (line["action"], line["method"], line["path"]) == ("Set priority", "PUT", f"{case.path}/priority")
    assert line["user"]
    assert line["ipAddress"] == "127.0.0.1"
    assert line["requestId"]


async def test_what_has_no_transaction_of_the_request_is_noted_once_too(
    as_admin: httpx.AsyncClient, make_case: MakeCase, sandbox: Sandbox
) -> None:
    case = await make_case("in_progress")
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):  # the second is answered without being done again
        sent = await as_admin.post(
            f"{case.path}/messages", json={"channel": "sms", "message": "Hello"}, headers=headers
        )
        assert sent.status_code == 201, sent.text
    assert [line["actionType"] for line in await lines(as_admin, search="send_message")] == ["send_message"]


async def test_the_log_is_the_clients_own_and_not_for_everybody(as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    made = await as_admin.post("/api/clients", json={"clientName": "Foreign"})
    foreign = await as_role("client_admin", client_id=made.json()["data"]["id"])
    assert all(line["userId"] == foreign.user["id"] for line in await lines(foreign))
    agent = await as_role("agent")
    assert (await agent.get("/api/audit-logs")).status_code == 403


async def test_tickets_and_previews_are_no_changes(as_admin: httpx.AsyncClient) -> None:
    before = (await as_admin.get("/api/audit-logs")).json()["data"]["pagination"]["total"]
    for path, body in (
        ("/ws/ticket", {}),
        ("/campaigns/preview-audience", {"type": ["sms"]}),
        ("/templates/template-1/preview", {}),
        ("/templates/preview", {"type": "sms", "name": "A", "content": "Dear {name}"}),
    ):
        assert (await as_admin.post(f"/api{path}", json=body)).status_code == 200, path
    assert (await as_admin.get("/api/audit-logs")).json()["data"]["pagination"]["total"] == before
