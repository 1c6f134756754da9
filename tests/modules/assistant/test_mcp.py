"""The office's own assistants use the read tools over MCP: the SDK's own client on a real socket, with API keys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import httpx2
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from py360.kit import db
from py360.kit.clock import FixedClock
from py360.kit.db import unit_of_work
from tests.factories.book import merge, row
from tests.modules.conftest import AsRole

ALL = ["cases", "dashboard", "knowledge"]


@pytest_asyncio.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The application behind a real socket."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="error"))
    async with asyncio.TaskGroup() as running:
        running.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/mcp"
        server.should_exit = True


@asynccontextmanager
async def connected(address: str, key: str, mode: str = "auto") -> AsyncIterator[Client]:
    """The SDK's client with a key."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(headers=headers, timeout=10) as http:
        async with Client(streamable_http_client(address, http_client=http), mode=mode) as client:
            yield client


async def key_of(person: httpx.AsyncClient, scopes: list[str], **more: Any) -> dict[str, Any]:
    made = await person.post("/api/ai/keys", json={"name": "Desk", "scopes": scopes, **more})
    assert made.status_code == 201, made.text
    data: dict[str, Any] = made.json()["data"]
    return data


async def said(client: Client, tool: str, query: str | None = None) -> str:
    answer = await client.call_tool(tool, {} if query is None else {"query": query})
    (content,) = answer.content
    return str(content.text)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_tools_answer_within_the_owners_reach_and_redacted(
    address: str, as_role: AsRole, as_admin: httpx.AsyncClient, mode: str
) -> None:
    agent = await as_role("agent")
    await merge(row(1, agent_id=agent.user["id"]), row(2))
    async with unit_of_work() as session:
        codes = await db.fetch_all(session, str, "select case_number from cases_public_case order by policy_number")
    key = (await key_of(agent, ALL))["key"]
    async with connected(address, key, mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {
            "find_case", "outstanding_amount", "policy_terms", "dashboard_figures", "search_knowledge",
        }  # fmt: skip
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        mine = await said(client, "find_case", "POL-00001")
        assert codes[0] in mine
        assert "POL-00001" not in mine
        assert "[POLICY_1]" in mine
        assert await said(client, "find_case", codes[1]) == "Nothing within your reach fits."
        assert "cases" in (await said(client, "dashboard_figures")).lower()
    async with unit_of_work() as session:
        noted = await db.fetch_all(session, str, "select purpose from ai_calls where provider = 'mcp' order by id")
        audited = await db.fetch_only(session, int, "select count(*) from audit_logs where action_type = 'use_tools'")
    assert noted == ["find_case", "find_case", "dashboard_figures"]
    assert audited >= 4
    assert (await as_admin.get("/api/ai/status")).json()["data"]["usage"]["calls"] == 0
    (listed,) = (await agent.get("/api/ai/keys")).json()["data"]["keys"]
    assert (listed["status"], listed["lastUsedAt"] is not None, key.startswith(listed["hint"][:-1])) == (
        "active", True, True,
    )  # fmt: skip


async def test_a_key_has_no_more_than_its_scopes_and_opens_nothing_else(
    address: str, as_admin: httpx.AsyncClient
) -> None:
    key = (await key_of(as_admin, ["knowledge"]))["key"]
    async with connected(address, key) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["search_knowledge"]
        with pytest.raises(MCPError, match="no tool “find_case”"):
            await client.call_tool("find_case", {"query": "CASE-1"})
        empty = await client.call_tool("search_knowledge", {"query": 7})
        assert empty.is_error
    elsewhere = await as_admin.get("/api/cases", headers={"authorization": f"Bearer {key}"})
    assert elsewhere.status_code == 401


async def test_a_key_ends_when_it_is_revoked_expired_or_its_user_is_gone(
    address: str, as_role: AsRole, clock: FixedClock
) -> None:
    agent = await as_role("agent")
    key, later, dead = await key_of(agent, ALL), await key_of(agent, ALL, expiresInDays=2), await key_of(agent, ALL)

    async def status(given: dict[str, Any]) -> int:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        headers = {"Authorization": f"Bearer {given['key']}", "Accept": "application/json, text/event-stream"}
        async with httpx.AsyncClient() as http:
            return (await http.post(address, json=message, headers=headers)).status_code

    assert [await status(each) for each in (key, later, dead)] == [200, 200, 200]
    other = await as_role("agent")
    assert (await other.delete(f"/api/ai/keys/{key['id']}")).status_code == 404
    assert (await other.get("/api/ai/keys")).json()["data"]["keys"] == []
    assert (await agent.delete(f"/api/ai/keys/{key['id']}")).status_code == 200
    clock.moment += timedelta(days=3)
    assert [await status(each) for each in (key, later, dead)] == [401, 401, 200]
    async with unit_of_work() as session:
        await db.execute(session, "update users set status = 'inactive' where id = %(id)s", {"id": agent.user["id"]})
    assert await status(dead) == 401
    assert await status({"key": "py360_made-up"}) == 401
    admin = await as_role("admin")  # the other session has ended meanwhile
    keys = (await admin.get("/api/ai/keys", params={"sort": "id"})).json()["data"]["keys"]
    assert [each["status"] for each in keys] == ["revoked", "expired", "active"]
    assert "key" not in keys[0]


async def test_limits_hold_for_keys(address: str, as_admin: httpx.AsyncClient) -> None:
    local = {"provider": "ollama", "model": "m", "rateLimit": {"perMinute": 2, "perHour": 100}}
    assert (await as_admin.put("/api/ai/settings", json=local)).status_code == 200
    key = (await key_of(as_admin, ALL))["key"]
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "dashboard_figures", "arguments": {}},
    }
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(headers=headers) as http:
        answers = [await http.post(address, json=message) for _ in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429]
        assert int(answers[2].headers["retry-after"]) > 0
        assert (
            await http.post(address, content=b"[nonsense", headers={"Content-Type": "application/json"})
        ).status_code == 400
        assert (await http.get(address)).status_code == 405


async def test_odd_keys_are_refused_by_name(as_admin: httpx.AsyncClient) -> None:
    for body, field in (({"name": " ", "scopes": ALL}, "name"), ({"name": "x", "scopes": []}, "scopes"),
                        ({"name": "x", "scopes": ["write"]}, "scopes.0"), ({"name": "x", "scopes": ALL, "expiresInDays": 0}, "expiresInDays")):  # fmt: skip
        refused = await as_admin.post("/api/ai/keys", json=body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["error"]["details"][0]["field"] == field
    for _ in range(20):
        await key_of(as_admin, ALL)
    assert (await as_admin.post("/api/ai/keys", json={"name": "x", "scopes": ALL})).status_code == 409
