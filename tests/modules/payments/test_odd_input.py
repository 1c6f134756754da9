"""What people and programs may send by mistake: refused with a sentence, never an error of ours."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.conftest import RunJobs
from tests.modules.payments.conftest import PAISE, MakeCase, Voice, case_now, paid_link, refund_event, rows

TEXTS = ("", " ", "\x00", "x" * 10_000, "💳", "'; drop table payments; --", "\u202e")
AMOUNTS = (None, "", "abc", "NaN", "Infinity", -1, 0, 0.001, 1e30, "1e400", True, [], {})
DAYS = (None, "", "31/12/2026", "2026-02-30", "0001-01-01", "9999-12-31", 5)


async def check(client: httpx.AsyncClient, method: str, path: str, body: Any) -> None:
    answer = await client.request(method, path, json=body)
    assert answer.status_code < 500, (method, path, body, answer.text)
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]


async def test_odd_values_are_refused(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case("1000")
    base = f"/api/cases/{case.number}"
    for amount in AMOUNTS:
        await check(as_admin, "POST", f"{base}/outstanding-amounts", {"amount": amount, "dueDate": "2026-12-31"})
        await check(as_admin, "PUT", f"{base}/outstanding-amounts/renewal", {"paidAmount": amount})
        plan = {"frequency": "monthly", "count": 1, "startDate": "2026-12-31", "amounts": [amount]}
        await check(as_admin, "POST", f"{base}/payment-plans", plan)
    for day in DAYS:
        await check(as_admin, "POST", f"{base}/outstanding-amounts", {"amount": 1, "dueDate": day})
        await check(as_admin, "POST", f"{base}/payment-plans", {"frequency": "annual", "count": 60, "startDate": day})
    for text in TEXTS:
        body = {"amount": 1, "dueDate": "2026-12-31", "description": text, "period": text}
        await check(as_admin, "POST", f"{base}/outstanding-amounts", body)
        await check(as_admin, "POST", "/api/payments/exceptions/1/resolve", {"reason": text, "caseId": text})
        await check(as_admin, "PUT", "/api/payments/approvals/1/decision", {"decision": "declined", "note": text})
        await check(as_admin, "POST", f"{base}/outstanding-amounts/{quote(text[:40])}/reminders", {"channel": text})
        answer = await as_admin.get("/api/ledger/entries", params={"search": text[:100], "caseId": text[:50]})
        assert answer.status_code < 500, answer.text


async def test_a_payment_that_no_column_holds(as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase) -> None:
    case = await make_case("9999999999.99")
    path = f"/api/cases/{case.number}"
    await as_admin.post(f"{path}/outstanding-amounts", json={"amount": 9999999999.99, "dueDate": "2026-12-31"})
    answer = await as_admin.post(f"{path}/payments", json={"all": True, "method": "bank_transfer"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_large")


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02", b"PK\x03\x04broken", b"Value Date,UTR,Narration,Credit\n24/11/2026,U1,x,1e999999\n",
        b"Value Date,UTR,Narration,Credit\n99999,U1,\x00,5\n", b"Value Date,UTR,Narration,Credit\n24/11/2026,U1,x,NaN\n",
        ("Value Date,UTR,Narration,Credit\n24/11/2026," + "U" * 5000 + "," + "x " * 5000 + ",5\n").encode(),
    ],
)  # fmt: skip
async def test_odd_files_are_refused_or_shown(as_admin: httpx.AsyncClient, clock: Any, content: bytes) -> None:
    files = {"file": ("bank.csv", content, "text/csv")}
    answer = await as_admin.post("/api/payments/statements", files=files, data={"kind": "bank"})
    assert answer.status_code in (201, 400, 415, 422), answer.text
    if answer.status_code == 201:
        number = answer.json()["data"]["statement"]["id"]
        assert (await as_admin.post(f"/api/payments/statements/{number}/apply")).status_code == 200
    assert await rows("select 1 from ledger_lines group by entry_id having sum(amount) <> 0") == []


ODD = (None, "", "x", -1, 10**30, True, [], {}, "\0", r"\u0000")


def spoilt(event: Any, value: object) -> list[Any]:
    """The event once for each value in it, with that one replaced; a list or an object as a whole, too."""
    found = []
    for name, held in event.items():
        found.append({**event, name: value})
        if isinstance(held, dict):
            found += [{**event, name: inner} for inner in spoilt(held, value)]
    return found


@pytest.mark.slow  # several hundred events
async def test_no_odd_value_of_an_event_costs_another_event(voice: Voice, order, run_jobs: RunJobs) -> None:
    """Each is refused at the door, applied, or put aside with its reason; what comes with them is applied."""
    odd, _ = await order()
    good, case = await order()
    events = [paid_link(odd, "pay_odd", PAISE), refund_event(odd, "pay_odd", PAISE, "rfnd_odd", 100)]
    for event in events:
        for value in ODD:
            for each in spoilt(event, value):
                answer = await voice.say(each)
                assert answer.status_code in (200, 400), (answer.status_code, value, each)
    await voice.say(paid_link(good, "pay_good", PAISE))
    await run_jobs()
    assert (await case_now(case))[0] == "renewed"
    assert await rows("select id, event_id from webhook_inbox where applied_at is null") == []
