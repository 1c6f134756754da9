"""The dashboard as its callers read it, with every change counted."""

from typing import Any

import httpx

from py360.modules.analytics.service.fold import fold_all


async def stats(client: httpx.AsyncClient, **filters: object) -> dict[str, Any]:
    """The seven figures, with their drill-down and the period before."""
    await fold_all()
    answer = await client.get("/api/dashboard/stats", params=filters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


async def node(admin: httpx.AsyncClient, name: str, kind: str, parent: int | None = None) -> int:
    """Add a place to the organisation; its number."""
    made = await admin.post("/api/hierarchy/nodes", json={"name": name, "type": kind, "parentId": parent})
    assert made.status_code == 201, made.text
    return int(made.json()["data"]["id"])
