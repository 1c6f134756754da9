"""A small HTTP load: some connections that ask as fast as they are answered. Cheap, so that it measures the server."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: requests per second, and latencies in milliseconds."""

    per_second: float
    median: float
    p95: float
    worst: float


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{request[:300]!r} was answered {head[:60]!r} {body[:300]!r}")
    return body


async def once(port: int, path: str, headers: str = "") -> bytes:
    """One request's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _ask(reader, writer, f"GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode())
    finally:
        writer.close()


async def load(
    port: int,
    paths: Sequence[str],
    headers: str = "",
    *,
    connections: int = 8,
    seconds: float = 3.0,
    until: asyncio.Event | None = None,
) -> Load:
    """Ask for the paths in turn on several connections for some seconds, or until something has happened."""
    requests = [f"GET {path} HTTP/1.1\r\nHost: bench\r\n{headers}\r\n".encode() for path in paths]
    taken: list[float] = []
    started = time.perf_counter()

    async def one(first: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        number = first
        while not until.is_set() if until else time.perf_counter() < started + seconds:
            asked = time.perf_counter()
            await _ask(reader, writer, requests[number % len(requests)])
            taken.append((time.perf_counter() - asked) * 1000)
            number += connections
        writer.close()

    await asyncio.gather(*(one(number) for number in range(connections)))
    passed = time.perf_counter() - started
    p95 = statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
    return Load(len(taken) / passed, statistics.median(taken), p95, max(taken))
