"""A tree of two regions, and how nodes and homes are made in it."""

from typing import Any

import httpx
import pytest_asyncio

from tests.modules.conftest import Person

Ids = dict[str, int]


async def add(client: httpx.AsyncClient, name: str, kind: str, parent: int | None = None, **more: Any) -> int:
    answer = await client.post("/api/hierarchy/nodes", json={"name": name, "type": kind, "parentId": parent, **more})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["data"]["id"]
    return number


@pytest_asyncio.fixture
async def places(as_admin: httpx.AsyncClient) -> Ids:
    """Two regions; under South one state, two branches, a department and two teams."""
    ids: Ids = {
        "south": await add(as_admin, "South India", "region", budget=1000),
        "north": await add(as_admin, "North India", "region"),
    }
    ids["karnataka"] = await add(as_admin, "Karnataka", "state", ids["south"])
    ids["delhi"] = await add(as_admin, "Delhi", "state", ids["north"])
    ids["mysuru"] = await add(as_admin, "Mysuru", "branch", ids["karnataka"], branchCode="KA-01", ifsc="HDFC0001234")
    ids["hubli"] = await add(as_admin, "Main Road", "branch", ids["karnataka"])
    ids["rohini"] = await add(as_admin, "Main Road", "branch", ids["delhi"])
    ids["motor"] = await add(as_admin, "Motor", "department", ids["mysuru"])
    ids["day"] = await add(as_admin, "Day Team", "team", ids["motor"])
    ids["night"] = await add(as_admin, "Night Team", "team", ids["motor"])
    return ids


async def settle(admin: httpx.AsyncClient, user: Person, node: int, **body: Any) -> httpx.Response:
    return await admin.put(f"/api/hierarchy/{node}/members/{user.user['id']}", json=body)
