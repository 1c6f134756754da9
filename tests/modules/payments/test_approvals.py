"""Two people for large receipts and for refunds: who asked does not decide."""

from typing import Any

import httpx
import pytest

from py360.sandbox.vendors import Vendors
from tests.modules.conftest import AsRole
from tests.modules.payments.conftest import MakeCase, Voice, balances, order_of, payment_event, rows

PAISE = 12_500_050


async def waiting(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/api/payments/approvals", params={"status": "pending"})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"]["approvals"])


async def decide(client: httpx.AsyncClient, number: int, decision: str = "approved") -> httpx.Response:
    body = {"decision": decision, "note": "Seen the slip"}
    return await client.put(f"/api/payments/approvals/{number}/decision", json=body)


async def test_a_large_receipt_counts_once_somebody_else_approved_it(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case, second = await make_case("300000"), await as_role("client_admin")
    body = {"amount": 250_000, "method": "bank_transfer", "reference": "UTR1"}
    taken = (await as_admin.post(f"/api/cases/{case.number}/payments", json=body)).json()["data"]
    assert (taken["status"], taken["remaining"]) == ("created", 300_000)
    assert await balances(as_admin) == {}
    (row,) = await waiting(second)
    assert (row["id"], row["kind"], row["amount"], row["caseId"]) == (
        taken["approvalId"],
        "receipt",
        250_000,
        case.number,
    )
    own = await decide(as_admin, row["id"])
    assert (own.status_code, own.json()["error"]["code"]) == (403, "own_request")
    assert (await decide(second, row["id"])).status_code == 200
    assert (await decide(second, row["id"])).json()["error"]["code"] == "decided"
    assert await balances(as_admin) == {"bank": 250_000, "receivable": 50_000, "premium": -300_000}
    path = f"/api/cases/{case.number}/payments"
    parts = [await as_admin.post(path, json={"amount": 5_000, "method": "bank_transfer"}) for _ in range(2)]
    assert [each.json()["data"]["status"] for each in parts] == ["captured", "captured"]
    other = await make_case("300000")
    path = f"/api/cases/{other.number}/payments"
    parts = [await as_admin.post(path, json={"amount": 120_000, "method": "bank_transfer"}) for _ in range(2)]
    assert [each.json()["data"]["status"] for each in parts] == ["captured", "created"]  # two parts are one amount
    assert (await decide(second, parts[1].json()["data"]["approvalId"], "declined")).status_code == 200
    told = await rows("select n.title, u.email from notifications n join users u on u.id = n.user_id order by n.id")
    assert [each["title"] for each in told][-2:] == [
        "Receipt approved",
        "Part payment received",
    ] or "Receipt approved" in [each["title"] for each in told]
    assert (await waiting(second)) == []


async def test_a_declined_receipt_never_counts(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case, second = await make_case("300000"), await as_role("client_admin")
    taken = (
        await as_admin.post(f"/api/cases/{case.number}/payments", json={"all": True, "method": "bank_transfer"})
    ).json()["data"]
    assert (await decide(second, taken["approvalId"], "declined")).status_code == 200
    page = await as_admin.get(f"/api/payments/{taken['paymentId']}")
    assert (page.json()["data"]["status"], page.json()["data"]["error"]) == ("failed", "declined")
    assert await balances(as_admin) == {}
    history = await rows("select details from case_history where action = 'Receipt declined'")
    assert "Seen the slip" in history[0]["details"]


async def test_a_receipt_that_no_longer_fits_is_not_approved(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case, second = await make_case("300000"), await as_role("client_admin")
    path = f"/api/cases/{case.number}/payments"
    taken = (await as_admin.post(path, json={"amount": 250_000, "method": "cheque", "reference": "1"})).json()["data"]
    await as_admin.post(path, json={"amount": 100_000, "method": "bank_transfer"})
    answer = await decide(second, taken["approvalId"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "overpayment")
    assert len(await waiting(second)) == 1
    await rows(
        "update renewal_cases set status = 'lapsed', closed_at = now() where id = %(id)s returning id", id=case.id
    )
    closed = await decide(second, taken["approvalId"])
    assert (closed.status_code, closed.json()["error"]["code"]) == (409, "case_closed")


@pytest.mark.parametrize("method", ["cash", "branch_cash"])
async def test_two_lakh_are_not_taken_in_cash(
    as_admin: httpx.AsyncClient, clock: Any, make_case: MakeCase, method: str
) -> None:
    case = await make_case("300000")
    answer = await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 200_000, "method": method})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "too_much_cash")
    path = f"/api/cases/{case.number}/payments"
    assert (await as_admin.post(path, json={"amount": 120_000, "method": "cash"})).status_code == 201
    parts = await as_admin.post(path, json={"amount": 80_000, "method": method})
    assert (parts.status_code, parts.json()["error"]["code"]) == (422, "too_much_cash")
    assert "1,20,000" in parts.json()["error"]["message"]
    assert (await as_admin.post(path, json={"amount": 79_999, "method": method})).status_code == 201


async def test_a_refund_leaves_once_somebody_else_approved_it(
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    gateway: Vendors,
    voice: Voice,
    make_case: MakeCase,
    link: Any,
    client: httpx.AsyncClient,
    run_jobs: Any,
) -> None:
    case, second = await make_case(), await as_role("client_admin")
    order_id = await order_of(case, client, link)
    at_gateway = gateway.razorpay.current(order_id)
    assert at_gateway is not None
    paid = gateway.razorpay.pay(at_gateway, "upi", True)
    await voice.say(payment_event(order_id, paid["id"], PAISE, "captured"))
    await run_jobs()
    (payment,) = await rows("select id from payments where case_id = %(id)s", id=case.id)
    path = f"/api/payments/pay-{payment['id']}/refund"
    asked = (await as_admin.post(path, json={"amount": 500, "reason": "Wrong cover"})).json()["data"]
    assert asked["payment"]["refunds"] == []
    again = await as_admin.post(path, json={"amount": 500})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "waits_for_approval")
    assert (await decide(second, asked["approvalId"])).status_code == 200
    done = (await as_admin.get(f"/api/payments/pay-{payment['id']}")).json()["data"]
    assert [(each["amount"], each["status"]) for each in done["refunds"]] == [(500, "processed")]
    assert done["refundedAmount"] == 500


async def test_agents_may_not_decide_about_other_agents_cases(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock: Any, make_case: MakeCase
) -> None:
    case, agent = await make_case("300000"), await as_role("agent")
    taken = (
        await as_admin.post(f"/api/cases/{case.number}/payments", json={"all": True, "method": "bank_transfer"})
    ).json()["data"]
    assert (await decide(agent, taken["approvalId"])).status_code == 404
    assert await waiting(agent) == []
    viewer = await as_role("viewer")
    assert (await decide(viewer, taken["approvalId"])).status_code == 403
