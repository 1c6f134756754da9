"""The WebSocket over a real connection: tickets, replay, rights that change, browsers that fall behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
import uvicorn
import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from py360.kit import live
from py360.kit.caller import Caller, Reach
from py360.kit.errors import Unauthenticated
from py360.kit.resources import Resources
from py360.modules.identity import api as identity
from py360.modules.notifications import sockets, stream
from tests.modules.conftest import AsRole


@pytest_asyncio.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The application behind a real socket."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, lifespan="off", log_level="error"))
    async with asyncio.TaskGroup() as running:
        running.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}"
        server.should_exit = True


async def ticket_of(client: httpx.AsyncClient) -> str:
    ticket: str = (await client.post("/api/ws/ticket")).json()["data"]["ticket"]
    return ticket


@asynccontextmanager
async def listening(
    address: str, client: httpx.AsyncClient, since: int | None = None
) -> AsyncIterator[ClientConnection]:
    query = f"?ticket={await ticket_of(client)}" + (f"&since={since}" if since is not None else "")
    async with websockets.connect(f"{address}/ws{query}") as socket:
        yield socket


async def next_of(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(10):
        message: dict[str, Any] = orjson.loads(await socket.recv())
        return message


async def test_a_ticket_is_needed_and_good_once(address: str, as_role: AsRole) -> None:
    agent = await as_role("agent")
    ticket = await ticket_of(agent)
    for path in ("/ws", "/api/ws"):
        for bad in ("", "?ticket=nonsense"):
            async with websockets.connect(address + path + bad) as socket:
                with pytest.raises(websockets.ConnectionClosed) as closed:
                    await socket.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 4401
    async with websockets.connect(f"{address}/api/ws?ticket={ticket}") as socket:
        assert (await next_of(socket))["type"] == "ready"
    async with websockets.connect(f"{address}/ws?ticket={ticket}") as socket:
        with pytest.raises(websockets.ConnectionClosed):
            await socket.recv()


async def test_messages_reach_those_who_may_know(address: str, as_admin: httpx.AsyncClient, as_role: AsRole) -> None:
    agent = await as_role("agent")
    other = (await as_admin.post("/api/clients", json={"clientName": "SBI Life"})).json()["data"]["id"]
    stranger = await as_role("client_admin", client_id=other)
    async with (
        listening(address, agent) as mine,
        listening(address, as_admin) as admins,
        listening(address, stranger) as theirs,
    ):
        for socket in (mine, admins, theirs):
            assert (await next_of(socket))["type"] == "ready"
        await live.send(1, "billing.secret", {"n": 1}, permission=("billing", "users"))
        await live.send(1, "notification.new", {"n": 2}, user_id=agent.user["id"])
        await live.send(1, "case.updated", {"n": 3}, permission="cases")
        await live.send(other, "case.updated", {"n": 4})
        assert [(await next_of(mine))["data"]["n"] for _ in range(2)] == [2, 3]
        assert [(await next_of(admins))["data"]["n"] for _ in range(3)] == [1, 3, 4]  # who works for both receives both
        assert (await next_of(theirs))["data"]["n"] == 4


@pytest.mark.parametrize(
    ("reach", "node", "assigned", "path", "sees"),
    [
        ("all", None, None, None, True),
        ("own", 4, 7, None, True),
        ("own", 4, 8, "1.4", False),
        ("team", 4, None, "1.4", True),
        ("team", 4, None, "1.4.9", False),
        ("subtree", 4, None, "1.4.9", True),
        ("subtree", 4, 8, "1.44.9", False),
        ("subtree", None, None, "1.4.9", False),
        ("subtree", 4, None, None, False),
    ],
)
def test_a_message_about_a_record_keeps_to_its_reach(
    reach: Reach, node: int | None, assigned: int | None, path: str | None, sees: bool
) -> None:
    caller = Caller(7, "A", "a@x", "r", frozenset({"cases"}), 1, (1,), reach, node)
    message = live.Message(1, "case.updated", {}, permissions=("cases",), scope=live.Scope(assigned, path))
    assert message.is_for(caller) is sees


async def test_what_was_missed_is_replayed(address: str, as_role: AsRole) -> None:
    agent = await as_role("agent")
    async with listening(address, agent) as socket:
        await next_of(socket)
        await live.send(1, "case.updated", {"n": 1})
        seen = (await next_of(socket))["seq"]
    for number in (2, 3):
        await live.send(1, "case.updated", {"n": number})
    async with listening(address, agent, since=seen) as socket:
        messages = [await next_of(socket) for _ in range(3)]
    assert [message["type"] for message in messages] == ["ready", "case.updated", "case.updated"]
    assert [message["data"].get("n") for message in messages] == [None, 2, 3]
    assert [message["seq"] for message in messages] == [seen, seen + 1, seen + 2]


async def test_who_is_too_far_behind_loads_anew(app: FastAPI, address: str, as_role: AsRole) -> None:
    agent = await as_role("agent")
    await live.send(1, "case.updated", {"n": 0})
    first = await live.last_seq()
    for _ in range(5):
        await live.send(1, "case.updated", {"n": 1})
    await app.state.resources.cache.xtrim("live:{all}:stream", maxlen=2, approximate=False)
    for since in (first, first + 10**6, 0):
        async with listening(address, agent, since=since) as socket:
            message = await next_of(socket)
            if message["type"] == "ready":
                message = await next_of(socket)
            assert (message["type"], message["seq"]) == ("resync", first + 5)
            await live.send(1, "case.updated", {"n": 9})
            assert (await next_of(socket))["data"] == {"n": 9}
            first += 1


async def test_a_lost_cache_means_one_resync(app: FastAPI, address: str, as_role: AsRole) -> None:
    agent = await as_role("agent")
    await live.send(1, "case.updated", {"n": 0})
    async with listening(address, agent) as socket:
        before = (await next_of(socket))["seq"]
        await app.state.resources.cache.flushdb()
        await live.send(1, "case.updated", {"n": 1})
        messages = [await next_of(socket)]
    assert messages[0]["type"] == "resync"
    assert messages[0]["seq"] >= before


async def test_a_changed_role_counts_and_an_ended_session_closes(
    address: str, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    agent = await as_role("agent")
    path = f"/api/users/{agent.user['id']}"
    async with listening(address, agent) as socket:
        await next_of(socket)
        await as_admin.put(f"{path}/permissions", json={"permissions": ["profile"]})
        await asyncio.sleep(1.1)
        await live.send(1, "case.updated", {"n": 1}, permission="cases")
        await live.send(1, "profile.ping", {"n": 2}, permission="profile")
        assert (await next_of(socket))["data"]["n"] == 2
        await as_admin.put(f"{path}/status", json={"status": "suspended"})
        await asyncio.sleep(1.1)
        await live.send(1, "profile.ping", {"n": 3}, permission="profile")
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await next_of(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_a_burst_reaches_many_listeners_in_order(address: str, as_role: AsRole) -> None:
    agent = await as_role("agent")

    async def hear(socket: ClientConnection) -> list[int]:
        return [(await next_of(socket))["data"]["n"] for _ in range(300)]

    async with (
        listening(address, agent) as one,
        listening(address, agent) as two,
        listening(address, agent) as three,
        asyncio.TaskGroup() as group,
    ):
        for socket in (one, two, three):
            await next_of(socket)  # ready: from now on nothing is missed
        hearing = [group.create_task(hear(socket)) for socket in (one, two, three)]
        for number in range(300):
            await live.send(1, "case.updated", {"n": number})
    assert all(task.result() == list(range(300)) for task in hearing)


async def test_an_idle_socket_closes_when_its_session_ends(address: str, as_role: AsRole) -> None:
    agent = await as_role("agent")
    async with listening(address, agent) as socket:
        await next_of(socket)
        await agent.post("/api/auth/logout")
        assert await closing_code(socket) == 4401


async def test_a_browser_that_takes_nothing_does_not_outlive_its_session(resources: Resources, as_role: AsRole) -> None:
    agent = await as_role("agent")
    caller = await identity.authenticate(agent.tokens["token"])
    stuck = asyncio.Event()

    async def take_nothing(raw: bytes) -> None:
        await stuck.wait()

    async def window() -> None:
        with sockets.opened(caller) as socket:
            async with asyncio.timeout(10), asyncio.TaskGroup() as group:
                group.create_task(stream.run(socket, None, take_nothing))
                group.create_task(socket.watch())
                await agent.post("/api/auth/logout")

    with pytest.raises(ExceptionGroup) as ended:
        await window()
    assert ended.group_contains(Unauthenticated)


async def test_a_password_that_must_be_changed_closes_the_sockets(
    address: str, as_admin: httpx.AsyncClient, as_role: AsRole
) -> None:
    agent = await as_role("agent")
    async with listening(address, agent) as socket:
        await next_of(socket)
        await as_admin.put(f"/api/users/{agent.user['id']}", json={"requirePasswordChange": True})
        assert await closing_code(socket) == 4401


async def test_a_user_has_a_limited_number_of_sockets(address: str, as_role: AsRole) -> None:
    agent, other = await as_role("agent"), await as_role("agent")
    async with AsyncExitStack() as windows:
        for _ in range(sockets.MAX_PER_USER):
            await next_of(await windows.enter_async_context(listening(address, agent)))
        async with listening(address, agent) as one_more:
            assert await closing_code(one_more) == 4429
        async with listening(address, other) as somebody_else:
            assert (await next_of(somebody_else))["type"] == "ready"
    async with asyncio.timeout(10):
        while not await is_ready(address, agent):  # the server sees a moment later that windows were closed
            await asyncio.sleep(0.05)


async def is_ready(address: str, client: httpx.AsyncClient) -> bool:
    async with listening(address, client) as socket:
        try:
            return (await next_of(socket))["type"] == "ready"
        except websockets.ConnectionClosed:
            return False


async def closing_code(socket: ClientConnection) -> int | None:
    with pytest.raises(websockets.ConnectionClosed) as closed:
        await next_of(socket)
    return closed.value.rcvd.code if closed.value.rcvd else None
