"""While PostgreSQL restarts, whoever asks is answered 503 and asked to come back: never 500."""

import asyncio

import httpx
import psycopg

from py360.kit.settings import Settings

_HANG_UP = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
TEMPLATE = {"type": "sms", "content": "Dear {name}, renew now"}


async def test_requests_that_meet_a_restart_are_answered_503(as_admin: httpx.AsyncClient, configured: Settings) -> None:
    over = asyncio.Event()
    failed: list[tuple[str, str]] = []

    async def ask(number: int) -> None:
        """Reads, changes, and work under a key, over and over."""
        at = 0
        while not over.is_set():
            at += 1
            name = f"Reminder {number} {at}"
            for answer in (
                await as_admin.get("/api/cases"),
                await as_admin.get("/api/templates", params={"search": "Reminder"}),
                await as_admin.put("/api/user/settings", json={"theme": "dark"}),
                await as_admin.post(
                    "/api/templates", json={"name": name, **TEMPLATE}, headers={"Idempotency-Key": name}
                ),
            ):
                if answer.status_code not in (200, 201, 503):
                    failed.append((str(answer.url), answer.text))
                if answer.status_code == 503:
                    assert answer.headers["retry-after"]

    async def restart() -> None:
        connection = await psycopg.AsyncConnection.connect(configured.database_url, autocommit=True)
        async with connection:
            for _ in range(40):
                await connection.execute(_HANG_UP)
                await asyncio.sleep(0.02)
        over.set()

    async with asyncio.TaskGroup() as both:
        for number in range(6):
            both.create_task(ask(number))
        both.create_task(restart())
    assert failed == []
