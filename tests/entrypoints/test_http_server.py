"""Before sign-in nothing is spent: heads, bodies and slow clients have limits, and the API answers all the while."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import httpx
import psutil
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI

from py360.entrypoints import http_server
from py360.kit.settings import Settings
from tests.installation import CHECKOUT, PY360, free_port

MEMORY_MOST = 400 << 20
LOGIN = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest_asyncio.fixture
async def port(app: FastAPI, configured: Settings) -> AsyncIterator[int]:
    """The application behind the server's own protocol."""
    options = http_server.options(configured) | {"host": "127.0.0.1", "port": 0, "lifespan": "off", "loop": "auto"}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    async with asyncio.TaskGroup() as running:
        running.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
        server.should_exit = True


async def _answer(port: int, *parts: bytes) -> bytes:
    """What comes back until the server hangs up; it may hang up while we still send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = bytearray()
    with suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            got += piece
    writer.close()
    return bytes(got)


async def test_too_large_a_head_is_refused(port: int) -> None:
    long = b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * (http_server.HEAD_BYTES + 1) + b"\r\n\r\n"
    many = b"GET /api/health HTTP/1.1\r\n" + b"A: b\r\n" * (http_server.HEADERS_MOST + 1) + b"\r\n"
    endless = [b"GET /api/health HTTP/1.1\r\nX-Endless: ", *[b"x" * (1 << 16)] * 20]
    for parts in ([long], [many], endless):
        assert (await _answer(port, *parts))[:12] in (b"HTTP/1.1 431", b""), parts[0][:60]  # b"": reset while we sent


async def test_connection_whose_head_or_body_does_not_arrive_ends(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(http_server, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(http_server, "BODY_SECONDS", 0.1)
    assert await _answer(port) == b""
    assert (await _answer(port, b"POST /api/auth/login HT"))[:12] == b"HTTP/1.1 408"
    half = await _answer(port, LOGIN + b'Content-Length: 500\r\n\r\n{"email": ')
    assert half[:12] == b"HTTP/1.1 408"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/languages HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await reader.readuntil(b"}]}}")
    writer.write(b"\r\n")  # an empty line does not hold a kept connection
    assert (await reader.read())[:12] == b"HTTP/1.1 408"
    writer.close()


async def test_unwanted_body_is_not_taken_to_its_end(port: int) -> None:
    """Refused before it was read (401), the endless upload is hung up on."""
    head = b"POST /api/upload/file HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    answer = await _answer(port, head + b"Transfer-Encoding: chunked\r\n\r\n", b"4\r\nabcd\r\n")
    assert answer[:12] == b"HTTP/1.1 401"


async def test_what_is_around_a_body_has_an_end(port: int) -> None:
    chunked = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n"
    for begun, more in ((b"2\r\n{}\r\n0\r\n", b"X: y\r\n" * 10_000), (b"2;", b"x" * 60_000)):
        assert (await _answer(port, chunked + begun, *[more] * 20))[:12] in (b"HTTP/1.1 400", b"")
    behind = b"2\r\n{}\r\n0\r\nContent-Type: text/plain\r\n\r\n"
    assert (await _answer(port, chunked.replace(b"Host: x", b"Connection: close"), behind))[:12] == b"HTTP/1.1 422"


async def test_handshake_that_cannot_be_read_is_answered(port: int) -> None:
    upgrade = b" /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for odd in (b"Content-Length: 5\r\n", b"Cookie: " + b"x" * 9_000 + b"\r\n"):
        assert (await _answer(port, b"GET" + upgrade + key + odd + b"\r\n"))[:12] == b"HTTP/1.1 400"


async def test_slow_but_steady_upload_and_kept_connection_go_on(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "LOOK_SECONDS", 0.05)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(3):
            assert (await client.get("/api/languages")).status_code == 200

        async def pieces() -> AsyncIterator[bytes]:
            for piece in (b'{"email": "a@example.com", ', b'"password": ', b'"x"}'):
                await asyncio.sleep(0.1)
                yield piece

        headers = {"Content-Type": "application/json"}
        assert (await client.post("/api/auth/login", content=pieces(), headers=headers)).status_code == 401


@pytest.fixture
def api(configured: Settings) -> Iterator[tuple[int, psutil.Process]]:
    """The API as a process of its own, on the test's database."""
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PY360_PORT": str(port)}
    process = subprocess.Popen([*PY360, "api"], env=environment, cwd="/", stdout=subprocess.DEVNULL)
    yield port, psutil.Process(process.pid)
    process.terminate()
    process.wait(30)


@pytest.mark.slow
async def test_strangers_cost_no_memory_and_keep_nobody_out(api: tuple[int, psutil.Process]) -> None:
    """1,000 half-sent requests, 200 MB bodies announced and chunked, a 60 MB header: the API answers and stays small."""
    port, process = api
    peak = 0

    async def healthy() -> None:
        nonlocal peak
        async with httpx.AsyncClient() as client:
            assert (await client.get(f"http://127.0.0.1:{port}/api/health", timeout=30)).status_code == 200
        peak = max(peak, process.memory_info().rss)

    while True:
        with suppress(httpx.ConnectError):
            await healthy()
            break
        await asyncio.sleep(0.2)
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    announced = LOGIN + b"Content-Length: 209715200\r\n\r\n"
    chunked = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n"
    for flood in (
        [announced, *[b"x" * 0x10000] * 3_200],
        [chunked, *[chunk] * 3_200],
        [b"GET / HTTP/1.1\r\nX-Long: ", *[b"x" * 0x10000] * 960],
    ):
        await asyncio.gather(*(_answer(port, *flood) for _ in range(4)))
        await healthy()
    half = [
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\n",
        LOGIN + b'Content-Length: 60000\r\n\r\n{"email": "' + b"x" * 50_000,
        b"POST /api/upload/file HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n" + b"x" * 50_000,
        b"POST /api/webhooks/razorpay HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" + b"x" * 50_000,
    ]
    opened = []
    for number in range(1_000):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(half[number % len(half)])
        opened.append(writer)
        if number % 100 == 99:
            await healthy()
    for writer in opened:
        writer.close()
    await healthy()
    assert peak < MEMORY_MOST, f"{peak >> 20} MB"
