"""Free JSON is bounded where it is taken, and a stored row that JSON cannot hold fails no list and no export."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from psycopg.types.json import Jsonb
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from py360.kit import db, free_json
from py360.kit.db import unit_of_work

PERSON = {"firstName": "Asha", "lastName": "Rao", "email": "asha@example.com"}


def nested(depth: int) -> Any:
    value: Any = "end"
    for _ in range(depth):
        value = {"in": value}
    return value


BAD = [
    nested(6), nested(400), {"n": 10**30}, {"n": -(2**63)}, {"n": 1e300}, {"text": "x" * 2_001}, {"k" * 101: 1},
    {"text": "a\x00b"}, {str(n): n for n in range(300)}, {str(n): "x" * 1_900 for n in range(20)},
]  # fmt: skip


@pytest.mark.parametrize("value", BAD)
async def test_free_json_has_bounds(as_admin: httpx.AsyncClient, value: Any) -> None:
    made = await as_admin.post("/api/customers", json=PERSON)
    path = f"/api/customers/{made.json()['data']['id']}"
    for where, body in (
        (path, {"address": value}), (path, {"communicationPreferences": value}),
        (f"{path}/preferences", {"payment": value}), (f"{path}/preferences", {"renewalTimeline": value}),
        (f"{path}/preferences", {"language": value}), (f"{path}/preferences", {"communication": value}),
    ):  # fmt: skip
        answer = await as_admin.put(where, json=body)
        assert answer.status_code == 422, (where, answer.text)
        assert answer.json()["error"]["details"]


async def test_ordinary_free_json_is_kept(as_admin: httpx.AsyncClient) -> None:
    address = {
        "street": "1 MG Road",
        "city": "Pune",
        "geo": {"points": [{"lat": 18.5, "lng": 73.8}]},
        "pincode": 411001,
    }
    made = await as_admin.post("/api/customers", json={**PERSON, "address": address})
    assert made.status_code == 201, made.text
    shown = await as_admin.get(f"/api/customers/{made.json()['data']['id']}")
    assert shown.json()["data"]["address"] == address


@pytest.mark.parametrize("stored", [{"n": 10**30}, nested(300), {"list": [2**70]}])
@pytest.mark.parametrize("column", ["address", "communication_preferences"])
async def test_a_row_from_before_the_bounds_is_marked_and_fails_nothing(
    as_admin: httpx.AsyncClient, column: str, stored: Any
) -> None:
    codes = []
    for email in ("a@example.com", "b@example.com"):
        made = await as_admin.post("/api/customers", json={**PERSON, "email": email})
        codes.append(made.json()["data"]["id"])
    async with unit_of_work() as session:
        await db.execute(
            session, f"update customers set {column} = %(value)s where customer_code = %(code)s",
            {"value": Jsonb(stored), "code": codes[0]},
        )  # fmt: skip
    listed = await as_admin.get("/api/customers")
    assert listed.status_code == 200
    assert "⚠" in listed.text
    assert {row["id"] for row in listed.json()["data"]["customers"]} == set(codes)
    for path in (f"/api/customers/{codes[0]}", f"/api/customers/{codes[0]}/preferences"):
        assert (await as_admin.get(path)).status_code == 200
    for format in ("csv", "xlsx", "pdf", "json"):
        file = await as_admin.get("/api/customers", params={"format": format})
        assert file.status_code == 200, format
    mended = await as_admin.put(f"/api/customers/{codes[0]}", json={"address": {"city": "Pune"}})
    assert mended.status_code == 200, mended.text


async def test_deep_bodies_are_refused_before_they_are_read_into_anything(as_admin: httpx.AsyncClient) -> None:
    deep = b'{"address":' * 1 + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = await as_admin.post("/api/customers", content=deep, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 413, 422), answer.text


# Fields of bodies with free JSON that other models check.
CHECKED_ELSEWHERE = {
    "config": "the settings model of the vendor (providers)",
    "body": "the model of the section (settings)",
}


def free_fields(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[tuple[str, str, FieldInfo]]:
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        parts = [field.annotation]
        while parts:
            part = parts.pop()
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from free_fields(part, seen)
            elif get_origin(part) is dict and Any in get_args(part):
                yield model.__name__, name, field
            else:
                parts += get_args(part)


def test_every_field_with_free_json_is_bounded(app: FastAPI) -> None:
    seen: set[type[BaseModel]] = set()
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        body = route.body_field if isinstance(route, APIRoute) else None
        model = body.field_info.annotation if body else None
        if isinstance(model, type) and issubclass(model, BaseModel):
            found += list(free_fields(model, seen))
    unbounded = [
        (model, name) for model, name, field in found
        if name not in CHECKED_ELSEWHERE and "check" not in repr(field) and free_json.check not in _functions(field)
    ]  # fmt: skip
    assert unbounded == []


def _functions(field: FieldInfo) -> list[Any]:
    """The validators that are at the field or within its annotation."""
    marks = list(field.metadata)
    for part in get_args(field.annotation):
        marks += getattr(part, "__metadata__", ())
    return [getattr(mark, "func", None) for mark in marks]
