"""Saved views and chosen columns of the console's lists: each user's own."""

import httpx

from tests.modules.conftest import AsRole


async def test_views_and_columns_are_kept_for_their_user_alone(client: httpx.AsyncClient, as_role: AsRole) -> None:
    assert (await client.get("/api/user/lists/cases")).status_code == 401
    agent, colleague = await as_role("agent"), await as_role("agent")
    for query in ("?status=pending", "?status=follow_up"):
        kept = await agent.put("/api/user/lists/cases/views", json={"name": "Mine", "query": query})
        assert kept.status_code == 200, kept.text
    await agent.put("/api/user/lists/cases/columns", json={"columns": {"priority": True, "productName": False}})
    await agent.put("/api/user/lists/cases/columns", json={"columns": {"priority": False}})
    own = (await agent.get("/api/user/lists/cases")).json()["data"]
    assert own == {
        "list": "cases",
        "views": [{"name": "Mine", "query": "?status=follow_up"}],
        "columns": {"priority": False, "productName": False},
    }
    assert (await colleague.get("/api/user/lists/cases")).json()["data"]["views"] == []
    assert (await agent.get("/api/user/lists/campaigns")).json()["data"]["columns"] == {}


async def test_view_is_removed_once(as_role: AsRole) -> None:
    agent = await as_role("agent")
    await agent.put("/api/user/lists/cases/views", json={"name": "Mine"})
    for status in (200, 404):
        gone = await agent.delete("/api/user/lists/cases/views", params={"name": "Mine"})
        assert gone.status_code == status


async def test_views_have_a_limit_and_a_form(as_role: AsRole) -> None:
    agent = await as_role("agent")
    for number in range(50):
        await agent.put("/api/user/lists/cases/views", json={"name": f"View {number}"})
    full = await agent.put("/api/user/lists/cases/views", json={"name": "One more"})
    assert full.status_code == 409
    assert "50 views" in full.json()["error"]["message"]
    replaced = await agent.put("/api/user/lists/cases/views", json={"name": "View 3", "query": "?status=pending"})
    assert replaced.status_code == 200
    wrong = await agent.put("/api/user/lists/cases/views", json={"name": "x", "query": "javascript:alert(1)"})
    assert wrong.status_code == 422
    assert (await agent.get("/api/user/lists/Cases;drop")).status_code == 422
