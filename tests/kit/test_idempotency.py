"""A POST sent again with its Idempotency-Key happens once."""

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy.exc

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.kit.resources import Resources
from tests.factories.policy_files import csv_of, row
from tests.services import ADMIN, PASSWORD

KEY = {"Idempotency-Key": "a-key-of-the-browser"}


def template(name: str = "Reminder") -> dict[str, Any]:
    return {"name": name, "type": "sms", "content": "Dear {name}, renew now"}


async def test_the_answer_is_replayed_and_nothing_is_made_twice(as_admin: httpx.AsyncClient) -> None:
    first = await as_admin.post("/api/templates", json=template(), headers=KEY)
    again = await as_admin.post("/api/templates", json=template(), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")


async def test_another_body_under_the_same_key_is_refused(as_admin: httpx.AsyncClient) -> None:
    await as_admin.post("/api/templates", json=template(), headers=KEY)
    other = await as_admin.post("/api/templates", json=template("Another"), headers=KEY)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency_key_reused")
    assert other.json()["requestId"] == other.headers["x-request-id"]


async def test_two_at_once_are_one(as_admin: httpx.AsyncClient) -> None:
    both = await asyncio.gather(
        *(as_admin.post("/api/templates", json=template(), headers=KEY) for _ in range(2)), return_exceptions=False
    )
    codes = sorted(answer.status_code for answer in both)
    assert codes in ([201, 201], [201, 409])
    made = (await as_admin.get("/api/templates", params={"search": "Reminder", "type": "sms"})).json()["data"]
    assert [each["name"] for each in made["templates"]].count("Reminder") == 1


async def test_what_was_refused_may_be_tried_again(as_admin: httpx.AsyncClient) -> None:
    taken = await as_admin.post("/api/templates", json=template())
    refused = await as_admin.post("/api/templates", json=template(), headers=KEY)
    assert refused.status_code == 409
    await as_admin.delete(f"/api/templates/{taken.json()['data']['templateId']}")
    assert (await as_admin.post("/api/templates", json=template(), headers=KEY)).status_code == 201


async def test_a_form_is_the_same_whatever_its_boundary(as_admin: httpx.AsyncClient) -> None:
    """A browser invents a new boundary each time it sends the same file."""
    content = csv_of([row(1)])
    sent = [
        await as_admin.post("/api/upload/file", files={"file": ("due.csv", content)}, headers=KEY) for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert len({answer.json()["data"]["uploadId"] for answer in sent}) == 1
    other = await as_admin.post("/api/upload/file", files={"file": ("due.csv", csv_of([row(2)]))}, headers=KEY)
    assert other.status_code == 422


async def test_kept_answer_is_sealed(client: httpx.AsyncClient, resources: Resources) -> None:
    """It may hold a token of a sign-in."""
    body = {"email": ADMIN, "password": PASSWORD}
    first = await client.post("/api/auth/login", json=body, headers=KEY)
    again = await client.post("/api/auth/login", json=body, headers=KEY)
    token = first.json()["data"]["token"]
    assert again.json()["data"]["token"] == token
    kept = await resources.reads.fetch_only(str, "select idempotency_keys::text from idempotency_keys")
    assert token not in kept
    assert ADMIN not in kept


async def test_key_of_a_request_that_died_is_free_after_its_lease(as_admin: httpx.AsyncClient) -> None:
    """The process was killed after it had taken the key: nothing was done, and no answer kept."""
    await as_admin.post("/api/templates", json=template(), headers=KEY)
    async with unit_of_work() as session:
        await db.execute(session, "update idempotency_keys set response_status = null, response_sealed = null")
        await db.execute(session, "delete from templates where name = 'Reminder'")
    running = await as_admin.post("/api/templates", json=template(), headers=KEY)
    assert (running.status_code, running.json()["error"]["code"]) == (409, "still_running")
    assert running.headers["retry-after"]
    async with unit_of_work() as session:
        await db.execute(session, "update idempotency_keys set locked_until = now() - interval '1 second'")
    assert (await as_admin.post("/api/templates", json=template(), headers=KEY)).status_code == 201


async def test_answer_is_kept_with_the_work_or_not_at_all(as_admin: httpx.AsyncClient, resources: Resources) -> None:
    """A commit that fails keeps no answer; the next try does the work."""
    async with unit_of_work() as session:
        await db.execute(
            session,
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'no commit today'; end $$",
        )
        await db.execute(
            session,
            "create constraint trigger refuse after insert on templates deferrable initially deferred"
            " for each row execute function refuse()",
        )
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="no commit"):
        await as_admin.post("/api/templates", json=template(), headers=KEY)
    assert await resources.reads.fetch_only(int, "select count(*) from idempotency_keys") == 0
    async with unit_of_work() as session:
        await db.execute(session, "drop trigger refuse on templates")
    assert (await as_admin.post("/api/templates", json=template(), headers=KEY)).status_code == 201


async def test_a_key_is_its_callers_own(as_admin: httpx.AsyncClient, client: httpx.AsyncClient) -> None:
    body = {"email": "nobody@example.com", "password": "wrong"}
    assert (await as_admin.post("/api/templates", json=template(), headers=KEY)).status_code == 201
    assert (await client.post("/api/auth/login", json=body, headers=KEY)).status_code == 401
