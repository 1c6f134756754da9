"""Numbers, dates and texts that do not fit are refused, never an error of the server."""

import base64
import json

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from tests.modules.conftest import Sandbox

HUGE = "9" * 5000
NUL = "a\x00b"
SURROGATE = "\ud800"
DATES = ("0001-01-01", "9999-12-31")


def cursor(*keys: object) -> str:
    """A cursor as a client could make one up."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


QUERIES = [
    *({name: date} for name in ("dateFrom", "dateTo", "dueFrom", "dueTo", "date") for date in DATES),
    {"dateFrom": DATES[0], "dateTo": DATES[1], "status": "all"},
    {"page": HUGE},
    {"limit": HUGE},
    {"clientId": HUGE},
    *(
        {name: text}
        for name in ("search", "agent", "batchId", "uploadId", "channel", "status", "policyStatus", "priority")
        for text in (NUL, HUGE[:290], "'\"%_\\", "-1", "CASE-" + HUGE[:200])
    ),
    {"sort": "dueDate", "cursor": cursor("dueDate", "no date", 1)},
    {"sort": "dueDate", "cursor": cursor("dueDate", "2026-02-31", 1)},
    {"sort": "renewalAmount", "cursor": cursor("renewalAmount", "NaN", 1)},
    {"sort": "totalCalls", "cursor": cursor("totalCalls", "9" * 40, 1)},
    {"sort": "id", "cursor": cursor("id", "1", 10**40)},
    {"sort": "status", "cursor": cursor("status", NUL, 1)},
]


async def test_lists_take_odd_queries(as_admin: httpx.AsyncClient, make_case) -> None:
    await make_case()
    for query in QUERIES:
        for path in ("/api/cases", "/api/cases/closed"):
            answer = await as_admin.get(path, params=query)
            assert answer.status_code < 500, (path, query, answer.text)


@pytest.mark.parametrize("version", [HUGE, '"' + HUGE + '"', "\xff", 'W/"1"', "*", "-1", "1.5"])
async def test_odd_if_match_is_no_error(as_admin: httpx.AsyncClient, make_case, version: str) -> None:
    case = await make_case()
    for method, path, body in (
        ("PUT", case.path, {"customerName": "A B"}),
        ("PATCH", f"{case.path}/quick-edit", {"status": "Assigned"}),
        ("PUT", f"{case.path}/assign", {"agentId": None}),
    ):
        answer = await as_admin.request(method, path, json=body, headers={"If-Match": version.encode("latin-1")})
        assert answer.status_code < 500, (path, answer.text)


CHANGES = [
    ("PUT", "", {"version": 10**30, "customerName": "A"}),
    ("PUT", "", {"customerName": NUL}),
    ("PUT", "", {"expiryDate": "9999-12-31"}),
    ("PUT", "", {"expiryDate": "0001-01-01"}),
    ("PUT", "", {"agent": 10**30}),
    ("PUT", "", {"policyNumber": NUL}),
    ("PUT", "", {"policyType": NUL}),
    ("PATCH", "/quick-edit", {"nextFollowUpDate": "9999-12-31", "comment": NUL, "nextActionPlan": NUL}),
    ("PUT", "/assign", {"agentId": NUL}),
    ("PUT", "/assign", {"agentId": 10**40}),
    ("POST", "/escalate", {"escalatedTo": 10**40, "reason": "x"}),
    ("POST", "/comments", {"text": NUL}),
]


async def test_changes_take_odd_bodies(as_admin: httpx.AsyncClient, make_case) -> None:
    case = await make_case()
    for method, path, body in CHANGES:
        answer = await as_admin.request(method, case.path + path, json=body)
        assert answer.status_code < 500, (path, body, answer.text)


async def test_a_slip_in_a_year_is_refused_and_an_old_row_at_the_end_of_the_calendar_is_shown(
    as_admin: httpx.AsyncClient, make_case
) -> None:
    case = await make_case()
    answer = await as_admin.put(case.path, json={"expiryDate": "9999-12-31"})
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (422, "expiryDate"), answer.text
    async with unit_of_work() as session:
        await db.execute(session, "update renewal_cases set due_date = '9999-12-31'")
    assert (await as_admin.get(case.path)).json()["data"]["renewalDate"] == "9999-12-31"
    assert (await as_admin.get("/api/cases")).status_code == 200


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages", {"channel": "sms", "message": NUL}),
        ("/communications", {"channel": "email", "message": "x", "subject": "a\r\nBcc: b@example.com"}),
    ],
)
async def test_messages_take_odd_texts(
    as_admin: httpx.AsyncClient, make_case, sandbox: Sandbox, path: str, body: dict[str, object]
) -> None:
    case = await make_case()
    answer = await as_admin.post(case.path + path, json=body)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/cases", {"policyId": 10**30}),
        ("/api/cases", {"policyNumber": NUL}),
        ("/api/cases", {"policyNumber": "x", "renewalAmount": "9" * 40}),
        ("/api/export/cases", {"filters": {"dateTo": "9999-12-31"}}),
        ("/api/export/cases", {"filters": {"search": NUL}}),
        ("/api/export/cases", {"filters": {"closed": {"a": [1]}}, "format": NUL}),
    ],
)
async def test_requests_take_odd_bodies(as_admin: httpx.AsyncClient, path: str, body: dict[str, object]) -> None:
    answer = await as_admin.post(path, json=body)
    assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("code", ["CASE-" + "9" * 200, "CASE-%00", "%F0%9F%99%82", "0", "-1", "CASE-٣"])
async def test_odd_case_codes_are_not_found(as_admin: httpx.AsyncClient, code: str) -> None:
    for path in ("", "/comments", "/history", "/communications"):
        answer = await as_admin.get(f"/api/cases/{code}{path}")
        assert answer.status_code == 404, (path, answer.text)
    for kind in ("caseId", "policyNumber"):
        answer = await as_admin.get(f"/api/logs?type={kind}&value={code}")
        assert answer.status_code < 500, answer.text
