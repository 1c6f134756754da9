"""Notifications: one's own, newest first, pushed live when committed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
from fastapi import FastAPI

from py360.kit import live, resources
from py360.kit.caller import Caller
from py360.kit.db import unit_of_work
from py360.modules.notifications import api as notifications
from tests.modules.conftest import AsRole, heard

RunJobs = Callable[[], Awaitable[None]]


async def tell(user_id: int, title: str, type: notifications.Type = "update", **more: object) -> None:
    async with unit_of_work() as session:
        await notifications.notify(session, user_id, type=type, title=title, message=f"{title}.", **more)


async def test_anonymous_callers_are_kept_out(client: httpx.AsyncClient) -> None:
    for method, path in (
        ("GET", "/api/notifications"),
        ("GET", "/api/notifications/unread-count"),
        ("PUT", "/api/notifications/read-all"),
        ("PUT", "/api/notifications/notif-1/read"),
        ("GET", "/api/notifications/preferences"),
        ("POST", "/api/ws/ticket"),
    ):
        assert (await client.request(method, path)).status_code == 401


async def test_one_sees_and_marks_ones_own(as_role: AsRole) -> None:
    viewer, other = await as_role("viewer"), await as_role("agent")  # read-only roles mark their own, too
    await tell(viewer.user["id"], "Case assigned", "assignment", data={"caseId": "CASE-1"}, priority="high")
    await tell(other.user["id"], "Not yours")
    data = (await viewer.get("/api/notifications")).json()["data"]
    [mine] = data["notifications"]
    assert (mine["title"], mine["type"], mine["read"], mine["data"], mine["priority"]) == (
        "Case assigned", "assignment", False, {"caseId": "CASE-1"}, "high",
    )  # fmt: skip
    assert data["unreadCount"] == 1
    assert data["pagination"]["total"] == 1
    assert data["pagination"]["nextCursor"] is None
    assert (await other.put(f"/api/notifications/{mine['id']}/read")).status_code == 404
    answer = await viewer.put(f"/api/notifications/{mine['id']}/read")
    assert answer.json()["data"]["notificationId"] == mine["id"]
    assert (await viewer.get("/api/notifications/unread-count")).json()["data"]["unreadCount"] == 0
    assert (await viewer.put("/api/notifications/nonsense/read")).status_code == 404


async def test_tabs_types_search_and_cursor(as_role: AsRole) -> None:
    agent = await as_role("agent")
    for number in range(5):
        await tell(agent.user["id"], f"News {number}", "report" if number == 3 else "update")
    await tell(agent.user["id"], "Gone", expires_at=resources.current().clock.now() - timedelta(minutes=1))

    async def titles(**params: object) -> list[str]:
        answer = await agent.get("/api/notifications", params=params)
        assert answer.status_code == 200, answer.text
        return [row["title"] for row in answer.json()["data"]["notifications"]]

    assert await titles() == [f"News {number}" for number in (4, 3, 2, 1, 0)]
    assert await titles(type="report,reminder") == ["News 3"]
    assert await titles(search="news 2") == ["News 2"]
    assert await titles(page=2, limit=2) == ["News 2", "News 1"]
    first = (await agent.get("/api/notifications", params={"limit": 3})).json()["data"]
    await tell(agent.user["id"], "Meanwhile")
    assert await titles(limit=3, cursor=first["pagination"]["nextCursor"]) == ["News 1", "News 0"]
    assert (await agent.get("/api/notifications", params={"cursor": "?"})).status_code == 400
    assert (await agent.get("/api/notifications", params={"tab": "x"})).status_code == 422
    assert (await agent.put("/api/notifications/read-all")).json()["data"]["updatedCount"] == 7
    assert await titles(tab="unread") == []
    assert len(await titles(tab="read")) == 6


async def test_preferences_are_the_general_ones(as_role: AsRole) -> None:
    agent = await as_role("agent")
    path = "/api/notifications/preferences"
    assert (await agent.get(path)).json()["data"]["preferences"] == {
        "emailNotifications": True,
        "smsNotifications": False,
    }
    changed = await agent.put(path, json={"smsNotifications": True})
    assert changed.json()["data"]["preferences"] == {"emailNotifications": True, "smsNotifications": True}
    assert (await agent.get("/api/user/settings")).json()["data"]["settings"]["smsNotifications"] is True


async def test_a_notification_is_pushed_after_the_commit_and_never_on_rollback(
    app: FastAPI, as_role: AsRole, run_jobs: RunJobs
) -> None:
    agent = await as_role("agent")
    async with app.state.resources.sessions() as session:
        await notifications.notify(session, agent.user["id"], type="update", title="No", message="no")
        await session.rollback()
    await live.send(1, "dashboard.refresh", {})
    start = await live.last_seq()
    await run_jobs()
    assert await live.last_seq() == start
    await tell(agent.user["id"], "Yes")
    assert await live.last_seq() == start
    await run_jobs()
    [message] = await heard(start)
    assert (message.type, message.user_id, message.data["title"]) == ("notification.new", agent.user["id"], "Yes")
    somebody_else = Caller(999, "x", "x", "admin", frozenset({"cases"}), 1, (1,), "all")
    assert not message.is_for(somebody_else)
