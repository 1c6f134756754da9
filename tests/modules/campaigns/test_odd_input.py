"""Numbers, dates and texts that do not fit are refused, never an error of the server."""

import httpx
import pytest

from tests.factories.campaigns import create, template, upload

HUGE = "9" * 5000
NUL = "a\x00b"


QUERIES = [
    {"dateFrom": "0001-01-01", "dateTo": "9999-12-31"},
    {"minSize": HUGE[:40]},
    {"minSize": HUGE},
    {"maxSize": HUGE[:19]},
    {"tags": NUL},
    {"type": NUL},
    {"search": NUL},
    {"status": NUL},
    {"page": HUGE},
    {"clientId": HUGE},
]


async def test_list_takes_odd_queries(as_admin: httpx.AsyncClient) -> None:
    for query in QUERIES:
        answer = await as_admin.get("/api/campaigns", params=query)
        assert answer.status_code < 500, (query, answer.text)


CREATIONS = [
    {"name": NUL},
    {"description": NUL},
    {"tags": [NUL]},
    {"tags": ["x" * 51]},
    {"tags": ["x"] * 21},
    {"providers": {"email": 10**30}},
    {"templates": {"email": 10**30}},
    {"templates": {"email": NUL}},
    {"uploadId": 10**30},
    {"uploadId": "upload-" + HUGE[:100]},
    {"targetAudience": {"policyTypes": [NUL]}},
    {"targetAudience": {"policyTypes": ["x" * 101]}},
    {"targetAudience": {"dueFrom": "0001-01-01", "dueTo": "9999-12-31"}, "draft": True},
    {"scheduleType": "scheduled", "scheduledAt": "9999-12-31T23:59:59-12:00"},
    {"budget": "9" * 40},
    {"budget": "NaN"},
]


async def test_creation_takes_odd_bodies(as_admin: httpx.AsyncClient) -> None:
    code, text = await upload(1), await template(as_admin)
    for over in CREATIONS:
        answer = await create(as_admin, code, **({"templates": {"email": text}} | over))
        assert answer.status_code < 500, (over, answer.text)
        listed = await as_admin.get("/api/campaigns")
        assert listed.status_code == 200, (over, listed.text)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"name": NUL}),
        ("", {"scheduledAt": "9999-12-31T23:59:59-12:00"}),
        ("", {"templates": {"email": 10**30}}),
        ("", {"budget": "9" * 40}),
        ("/status", {"status": NUL}),
        ("/status", {"status": "scheduled", "scheduledAt": "9999-12-31T23:59:59-12:00"}),
    ],
)
async def test_changes_take_odd_bodies(as_admin: httpx.AsyncClient, path: str, body: dict[str, object]) -> None:
    made = await create(as_admin, await upload(1), draft=True)
    parent = made.json()["data"]["parentId"]
    for version in (None, HUGE, "\xff"):
        headers = {} if version is None else {"If-Match": version.encode("latin-1")}
        answer = await as_admin.put(f"/api/campaigns/{parent}{path}", json=body, headers=headers)
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("code", ["campaign-" + "9" * 200, "campaign-%00", "0", "-1", "x"])
async def test_odd_codes_are_not_found(as_admin: httpx.AsyncClient, code: str) -> None:
    await template(as_admin)
    for path in ("", "/analytics", "/recipients", "/timeline", "/compliance", "/report"):
        answer = await as_admin.get(f"/api/campaigns/{code}{path}")
        assert answer.status_code == 404, (path, answer.text)
