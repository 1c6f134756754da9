"""What no form sends, but somebody will: it is refused, and nothing breaks."""

import asyncio

import httpx
import pytest

HUGE = 10**24


ODD_REQUESTS = [
    ("GET", f"/api/users/{HUGE}", None),
    ("DELETE", f"/api/users/{HUGE}", None),
    ("PUT", f"/api/users/{HUGE}/status", {"status": "suspended"}),
    ("GET", f"/api/cases/{HUGE}", None),
    ("GET", f"/api/upload/status/upload-{HUGE}", None),
    ("GET", f"/api/templates/template-{HUGE}", None),
    ("PUT", "/api/cases/bulk-update-status", {"caseIds": [HUGE], "status": "failed"}),
    ("POST", "/api/templates", {"name": "N\x00", "type": "sms", "content": "Dear {name}"}),
    ("POST", "/api/customers", {"firstName": "A\x00", "phone": "9876543210"}),
    ("GET", "/api/customers?search=%00", None),
    ("GET", "/api/cases?search=%00", None),
    ("GET", "/api/users?search=%00&role=%00", None),
    ("POST", "/api/dnc/check", {"contact": {"phone": "\x00", "email": "\x00"}, "channel": "sms"}),
]


async def test_an_odd_request_is_refused_or_not_found(as_admin: httpx.AsyncClient) -> None:
    for method, path, body in ODD_REQUESTS:
        answer = await as_admin.request(method, path, json=body)
        assert answer.status_code in (200, 400, 404, 422), (path, answer.text)
        assert answer.json()["success"] is (answer.status_code == 200), path


async def test_a_form_of_a_thousand_fields_or_files_is_not_kept_in_memory(as_admin: httpx.AsyncClient) -> None:
    for parts in ([(f"f{at}", (None, "x" * 1_000)) for at in range(60)], [("file", ("a.csv", "x"))] * 120):
        answer = await as_admin.post("/api/upload/file", files=parts)
        assert (answer.status_code, "Too many" in answer.text) == (400, True), answer.text


async def test_headers_and_numbers_that_are_none_are_refused(as_admin: httpx.AsyncClient) -> None:
    """Digits without end, letters beyond ASCII, days at the end of time."""
    for value in ("9" * 5_000, "²", "٣"):
        assert (await as_admin.get("/api/cases", params={"clientId": value})).status_code in (404, 422), value[:5]
        saved = await as_admin.put("/api/settings/campaigns", json={}, headers={"If-Match": value.encode()})
        assert saved.status_code == 412, (value[:5], saved.text)
    for path, name in (
        ("/api/cases", "dateTo"), ("/api/cases", "date"), ("/api/cases/closed", "dateTo"), ("/api/cases", "dueTo"),
        ("/api/campaigns", "dateTo"), ("/api/communications/delivery-status", "dateTo"), ("/api/upload/history", "dateTo"),
        ("/api/dnc", "dateTo"), ("/api/policies", "expiryTo"), ("/api/logs", "dateTo"),
    ):  # fmt: skip
        for day in ("9999-12-31", "0001-01-01"):
            answer = await as_admin.get(path, params={name: day})
            assert answer.status_code in (200, 422), (path, name, day, answer.text)


@pytest.mark.parametrize(
    "path", ["/api/webhooks/whatsapp", "/webhook", "/api/webhooks/razorpay", "/api/webhooks/sms/twilio"]
)
async def test_signature_with_strange_letters_is_a_wrong_signature(
    as_admin: httpx.AsyncClient, client: httpx.AsyncClient, path: str
) -> None:
    for name in ("X-Hub-Signature-256", "X-Razorpay-Signature", "X-Twilio-Signature"):
        answer = await client.post(path, content=b'{"object": "x"}', headers={name: "sha256=é".encode()})
        assert answer.status_code < 500, (path, name, answer.text)


async def test_every_answer_tells_browsers_not_to_keep_or_guess_it(as_admin: httpx.AsyncClient) -> None:
    for path in ("/api/cases", "/api/cases?format=csv", "/api/nothing-here", "/pay/none"):
        headers = (await as_admin.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "no-store" in headers["cache-control"], path


@pytest.mark.parametrize("path", ["/api/track/click/.½", "/api/track/open/é.x", "/pay/.ÿ", "/api/unsubscribe/é"])
async def test_a_link_with_strange_letters_is_no_link_of_ours(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code in (200, 404, 410), answer.text
    assert answer.status_code != 200 or "track/open" in path  # the pixel is shown whatever its token


async def test_who_asks_too_often_is_told_when_to_come_back(client: httpx.AsyncClient) -> None:
    for _ in range(11):
        answer = await client.post("/api/auth/forgot-password", json={"email": "nobody@example.com"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests")
    assert (answer.headers["ratelimit-limit"], answer.headers["ratelimit-remaining"]) == ("10", "0")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert answer.headers["ratelimit-reset"] == answer.headers["retry-after"]


async def test_two_who_take_the_same_name_at_once_are_a_conflict_not_a_bug(as_admin: httpx.AsyncClient) -> None:
    """Both looked before either wrote: the database says so, in either of its dialects."""
    body = {"displayName": "Night shift", "permissions": ["cases"]}
    answers = await asyncio.gather(*(as_admin.post("/api/roles", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    entry = {"name": "Twice", "type": "sms", "content": "Dear {name}"}
    answers = await asyncio.gather(*(as_admin.post("/api/templates", json=entry) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
