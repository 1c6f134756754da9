"""What the office does: look at what is left, take money by hand or online, refund; and who may do it."""

from typing import Any

import httpx
import pytest

from py360.sandbox.vendors import Vendors
from tests.modules.conftest import AsRole, Sandbox
from tests.modules.payments.conftest import (
    DUE,
    MakeCase,
    Voice,
    balances,
    let_refund_alone,
    outstanding,
    paid_link,
    rows,
)


async def test_an_untouched_case_owes_its_renewal_amount(
    as_admin: httpx.AsyncClient, clock, make_case: MakeCase
) -> None:
    case = await make_case()
    data = await outstanding(as_admin, case)
    assert (data["totalOutstanding"], data["pendingCount"], data["averageAmount"]) == (125_000.50, 1, 125_000)
    assert data["oldestDueDate"] == data["latestDueDate"] == "2026-12-04"
    assert data["overdueCount"] == 0
    (row,) = data["installments"]
    assert row == {
        "id": "renewal", "period": "December 2026", "amount": 125_000.50, "paidAmount": 0, "remaining": 125_000.50,
        "dueDate": "2026-12-04", "status": "pending", "daysOverdue": -10, "isOverdue": False,
        "description": "Renewal premium", "paidDate": None, "paymentMethod": None, "paymentReference": None, "version": 0,
    }  # fmt: skip
    assert await rows("select 1 from outstanding_amounts") == []  # computed, not duplicated


async def test_part_payments_go_to_the_oldest_due_first(
    as_admin: httpx.AsyncClient, clock, make_case: MakeCase
) -> None:
    case = await make_case()
    await rows(DUE, id=case.id)
    before = await outstanding(as_admin, case)
    assert (before["totalOutstanding"], before["pendingCount"], before["overdueCount"]) == (60_000, 4, 2)
    answer = await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 20_000, "method": "cash"})
    assert answer.status_code == 201, answer.text
    taken = answer.json()["data"]
    assert (taken["status"], taken["amount"], taken["remaining"], taken["orderId"]) == (
        "captured",
        20_000,
        40_000,
        None,
    )
    assert [part["amount"] for part in taken["appliedTo"]] == [15_000, 5_000]
    after = await outstanding(as_admin, case)
    assert [(row["period"], row["remaining"], row["status"]) for row in after["installments"]] == [
        ("November 2026", 10_000, "overdue"), ("December 2026", 15_000, "pending"), ("January 2027", 15_000, "pending"),
    ]  # fmt: skip
    stored = await rows(
        "select status, paid_amount::int as paid, payment_method from outstanding_amounts order by due_date"
    )
    assert [(row["status"], row["paid"], row["payment_method"]) for row in stored] == [
        ("paid", 15_000, "cash"), ("partial", 5_000, "cash"), ("pending", 0, None), ("pending", 0, None),
    ]  # fmt: skip


async def test_a_message_names_what_is_left_to_pay(
    as_admin: httpx.AsyncClient, clock, make_case: MakeCase, sandbox: Sandbox
) -> None:
    case = await make_case()
    await rows(
        "with office as (insert into branches (client_id, code, name) values (1, 'BR-9', 'Pune') returning id) update policies"
        " set branch_id = office.id, sum_insured = 500000 from office where policy_number = %(number)s returning policies.id",
        number=case.policy_number,
    )
    content = "Pay {amount} for {policy_number}. Cover {coverage}, branch {branch}."
    made = await as_admin.post("/api/templates", json={"name": "Left", "type": "sms", "content": content})
    assert made.status_code == 201, made.text

    async def told() -> str:
        body = {"to": "+919876543210", "templateId": "Left", "caseId": case.number}
        sent = await as_admin.post("/api/communication/sms/send", json=body)
        assert sent.status_code == 200, sent.text
        assert "warnings" not in sent.json()["data"]
        return str(sandbox.received("sms")[0].body)

    async def pay(amount: float) -> None:
        body = {"amount": amount, "method": "cash"}
        assert (await as_admin.post(f"/api/cases/{case.number}/payments", json=body)).status_code == 201

    assert (await told()).startswith(f"Pay Rs 1,25,000.50 for {case.policy_number}. Cover Rs 5,00,000, branch Pune.")
    await pay(20_000.50)
    assert (await told()).startswith("Pay Rs 1,05,000 for")
    await rows(DUE, id=case.id)  # in four instalments, 60,000 together
    assert (await told()).startswith("Pay Rs 39,999.50 for")
    await pay(39_999.50)
    assert (await told()).startswith("Pay Rs 60,000 for"), "nothing is left: what it was"


async def test_named_instalments_are_paid(as_admin: httpx.AsyncClient, clock, make_case: MakeCase) -> None:
    case = await make_case()
    await rows(DUE, id=case.id)
    last = (await outstanding(as_admin, case))["installments"][-1]["id"]
    path = f"/api/cases/{case.number}/payments"
    body = {"installmentIds": [last], "method": "bank_transfer", "reference": "UTR123"}
    assert (await as_admin.post(path, json=body)).json()["data"]["appliedTo"] == [
        {"installmentId": last, "amount": 15_000}
    ]
    assert (await as_admin.post(path, json=body)).status_code == 409  # nothing left on it
    answer = await as_admin.post(path, json={"installmentIds": [999], "method": "cash"})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "installmentIds"


async def test_paying_everything_by_hand_renews_the_case(
    as_admin: httpx.AsyncClient, clock, make_case: MakeCase
) -> None:
    case = await make_case("9000")
    path = f"/api/cases/{case.number}/payments"
    assert (await as_admin.post(path, json={"method": "cheque", "all": True})).status_code == 422  # which cheque?
    answer = await as_admin.post(path, json={"method": "cheque", "all": True, "reference": "004512"})
    assert answer.status_code == 201, answer.text
    (now,) = await rows(
        "select status, payment_status, payment_method from renewal_cases where id = %(id)s", id=case.id
    )
    assert now == {"status": "renewed", "payment_status": "completed", "payment_method": "cheque"}
    assert (await outstanding(as_admin, case))["totalOutstanding"] == 0
    again = await as_admin.post(path, json={"method": "cash", "amount": 1})
    assert again.status_code == 409
    assert again.json()["error"]["code"] == "nothing_due"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"amount": 125_000.51, "method": "cash"}, 422, "overpayment"),
        ({"amount": 0, "method": "cash"}, 422, "invalid"),
        ({"amount": -5, "method": "cash"}, 422, "invalid"),
        ({"amount": 10.005, "method": "cash"}, 422, "invalid"),
        ({"amount": 10, "method": "barter"}, 422, "invalid"),
        ({"amount": 10}, 422, "invalid"),
        ({"amount": 10, "method": "cash", "all": True}, 422, "invalid"),
        ({"amount": 10, "method": "upi"}, 409, "no_gateway"),
    ],
)
async def test_what_is_refused(
    as_admin: httpx.AsyncClient, clock, make_case: MakeCase, body: dict[str, Any], status: int, code: str
) -> None:
    case = await make_case()
    await rows("update providers set is_active = false where channel = 'payment'")
    answer = await as_admin.post(f"/api/cases/{case.number}/payments", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert await rows("select 1 from payments") == []


@pytest.mark.parametrize(
    ("said", "kept"), [("Cash", "cash"), ("Auto-debit", "auto_debit"), ("Branch Cash", "branch_cash")]
)
async def test_a_method_may_be_written_as_screens_show_it(
    as_admin: httpx.AsyncClient, clock, make_case: MakeCase, said: str, kept: str
) -> None:
    case = await make_case()
    answer = await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 10, "method": said})
    assert answer.status_code == 201, answer.text
    assert await rows("select method from payments") == [{"method": kept}]


async def test_the_same_key_takes_money_once(as_admin: httpx.AsyncClient, clock, make_case: MakeCase) -> None:
    case = await make_case()
    path, key = f"/api/cases/{case.number}/payments", {"Idempotency-Key": "desk-7-0001"}
    first = await as_admin.post(path, json={"amount": 100, "method": "cash"}, headers=key)
    again = await as_admin.post(path, json={"amount": 100, "method": "cash"}, headers=key)
    assert first.json() == again.json()
    assert first.status_code == again.status_code == 201
    assert (await as_admin.post(path, json={"amount": 200, "method": "cash"}, headers=key)).status_code == 422
    assert len(await rows("select 1 from payments")) == 1


async def test_online_opens_an_order_for_the_customer(
    as_admin: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, client: httpx.AsyncClient
) -> None:
    case = await make_case()
    path = f"/api/cases/{case.number}/payments"
    taken = (await as_admin.post(path, json={"method": "upi", "amount": 5_000})).json()["data"]
    assert taken["status"] == "created"
    assert taken["orderId"].startswith("plink_")
    assert taken["appliedTo"] == []
    assert taken["checkoutUrl"].startswith(gateway.world.address)
    page = await client.get("/pay/" + taken["paymentLink"].partition("/pay/")[2])
    assert "₹5,000.00" in page.text
    again = (await as_admin.post(path, json={"method": "UPI", "amount": 5_000})).json()["data"]
    assert again["orderId"] == taken["orderId"]
    other = (await as_admin.post(path, json={"method": "upi", "amount": 6_000})).json()["data"]
    assert other["orderId"] != taken["orderId"]  # and the first can no longer be paid
    assert gateway.razorpay.current(taken["orderId"])["status"] == "cancelled"


async def test_history_and_one_payment(as_admin: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase) -> None:
    case = await make_case()
    for amount in (100, 200, 300):
        await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": amount, "method": "cash"})
    data = (await as_admin.get(f"/api/cases/{case.number}/payment-history?limit=2")).json()["data"]
    assert [row["amount"] for row in data["payments"]] == [300, 200]
    assert data["pagination"] == {"page": 1, "limit": 2, "total": 3, "totalPages": 2}
    history = f"/api/cases/{case.number}/payment-history"
    file = await as_admin.get(history, params={"format": "csv", "sort": "amount"})
    assert [line.split(",")[3] for line in file.text.splitlines()] == ["Amount", "100.00", "200.00", "300.00"]
    assert (await as_admin.get(history, params={"sort": "shoeSize"})).status_code == 422
    one = (await as_admin.get(f"/api/payments/{data['payments'][0]['id']}")).json()["data"]
    assert (one["caseId"], one["gateway"], one["method"], one["status"]) == (case.number, "manual", "cash", "captured")
    assert one["allocations"] == [{"installmentId": "renewal", "amount": 300}]
    assert one["attempts"] == one["refunds"] == []
    (customer,) = await rows("select customer_code from customers")
    assert one["customerId"] == data["payments"][0]["customerId"] == customer["customer_code"]


async def test_a_refund_goes_through_the_gateway(
    as_admin: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase, voice: Voice, run_jobs
) -> None:
    case = await make_case("9000")
    taken = (await as_admin.post(f"/api/cases/{case.number}/payments", json={"method": "online"})).json()["data"]
    path = f"/api/payments/{taken['paymentId']}/refund"
    await let_refund_alone(as_admin)
    early = await as_admin.post(path, json={})
    assert early.status_code == 409
    at_gateway = gateway.razorpay.current(taken["orderId"])
    assert at_gateway is not None
    paid = gateway.razorpay.pay(at_gateway, "card", True)
    await voice.say(paid_link(taken["orderId"], paid["id"], 900_000))
    await run_jobs()
    assert (await as_admin.post(path, json={"amount": 9000.01})).status_code == 422
    answer = await as_admin.post(path, json={"amount": 1000, "reason": "Charged twice"})
    assert answer.status_code == 200, answer.text
    payment = answer.json()["data"]["payment"]
    assert payment == (await as_admin.get(f"/api/payments/{taken['paymentId']}")).json()["data"]
    (attempt,) = payment["attempts"]
    assert (attempt["attemptId"], attempt["amount"], attempt["status"]) == (paid["id"], 9000, "captured")
    assert attempt.keys() == {
        "attemptId",
        "status",
        "amount",
        "currency",
        "fee",
        "method",
        "error",
        "suspicious",
        "happenedAt",
    }
    assert payment["refunds"][0].keys() == {
        "id", "refundId", "amount", "status", "reason", "createdAt", "processedAt"
    }  # fmt: skip
    assert (payment["status"], payment["refundedAmount"]) == ("partially_refunded", 1000)
    assert [(row["status"], row["amount"], row["reason"]) for row in payment["refunds"]] == [
        ("processed", 1000, "Charged twice")
    ]
    whole = (await as_admin.post(path, json={})).json()["data"]["payment"]
    assert (whole["status"], whole["refundedAmount"]) == ("refunded", 9000)
    assert (await as_admin.post(path, json={})).json()["error"]["code"] == "nothing_to_refund"


async def test_a_dishonoured_cheque_is_taken_back_by_two_people(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock, make_case: MakeCase
) -> None:
    case, second = await make_case("10000"), await as_role("client_admin")
    cheque = {"method": "cheque", "reference": "004711", "amount": 6_000}
    taken = (await as_admin.post(f"/api/cases/{case.number}/payments", json=cheque)).json()["data"]
    path = f"/api/payments/{taken['paymentId']}"
    for body, code in (({}, "reason_required"), ({"amount": 6_001, "reason": "Dishonoured"}, "too_much")):
        refused = await as_admin.post(f"{path}/refund", json=body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, code)
    asked = (await as_admin.post(f"{path}/refund", json={"reason": "Dishonoured"})).json()["data"]
    assert (await outstanding(as_admin, case))["totalOutstanding"] == 4_000  # nothing moved yet
    decision = {"decision": "approved", "note": "Seen the memo"}
    done = await second.put(f"/api/payments/approvals/{asked['approvalId']}/decision", json=decision)
    assert done.status_code == 200, done.text
    assert (await outstanding(as_admin, case))["totalOutstanding"] == 10_000
    payment = (await as_admin.get(path)).json()["data"]
    assert (payment["status"], payment["refundedAmount"]) == ("refunded", 6_000)
    assert [(each["amount"], each["status"], each["reason"]) for each in payment["refunds"]] == [
        (6_000, "processed", "Dishonoured")
    ]
    assert await balances(as_admin) == {"receivable": 10_000, "premium": -10_000}
    history = await rows("select action from case_history where case_id = %(id)s", id=case.id)
    assert "Payment Refunded" in {row["action"] for row in history}
    again = await as_admin.post(f"{path}/refund", json={"reason": "Dishonoured"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "nothing_to_refund")


async def test_a_case_renewed_by_hand_stays_renewed_when_its_receipt_is_taken_back(
    as_admin: httpx.AsyncClient, as_role: AsRole, clock, make_case: MakeCase
) -> None:
    case, second = await make_case("10000"), await as_role("client_admin")
    taken = (
        await as_admin.post(f"/api/cases/{case.number}/payments", json={"all": True, "method": "Agent Collection"})
    ).json()["data"]
    assert await balances(as_admin) == {"cash": 10_000, "premium": -10_000}
    body = {"amount": 2_500, "reason": "Counted wrongly"}
    asked = (await as_admin.post(f"/api/payments/{taken['paymentId']}/refund", json=body)).json()["data"]
    await second.put(f"/api/payments/approvals/{asked['approvalId']}/decision", json={"decision": "approved"})
    (row,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    assert (row["status"], row["payment_status"]) == ("renewed", "partial")
    assert await balances(as_admin) == {"cash": 7_500, "receivable": 2_500, "premium": -10_000}


async def test_who_may_not(
    client: httpx.AsyncClient, as_admin: httpx.AsyncClient, as_role: AsRole, clock, make_case
) -> None:
    case = await make_case()
    taken = (await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 5, "method": "cash"})).json()[
        "data"
    ]
    reading = (
        f"/api/cases/{case.number}/outstanding-amounts",
        f"/api/cases/{case.id}/payment-history",
        f"/api/payments/{taken['paymentId']}",
    )
    body = {"method": "cash", "amount": 5}
    writing = {f"/api/cases/{case.number}/payments": body, f"/api/payments/{taken['paymentId']}/refund": {"amount": 5}}
    agent, outsider, viewer = await as_role("agent"), await as_role("all_modules_manager"), await as_role("viewer")
    for path in reading:
        assert (await client.get(path)).status_code == 401
        assert (await outsider.get(path)).status_code == 403
        assert (await agent.get(path)).status_code == 404  # not assigned to them
    for path, sent in writing.items():
        assert (await client.post(path, json=sent)).status_code == 401
        assert (await outsider.post(path, json=sent)).status_code == 403
        assert (await viewer.post(path, json=sent)).status_code == 403
        assert (await agent.post(path, json=sent)).status_code == 404
    await rows("update renewal_cases set assigned_to = %(user)s where id = %(id)s", user=agent.user["id"], id=case.id)
    for path in reading:
        assert (await agent.get(path)).status_code == 200
    assert (await agent.post(f"/api/cases/{case.number}/payments", json=body)).status_code == 201
    for path in (
        "/api/cases/CASE-999999/outstanding-amounts",
        "/api/cases/nonsense/payment-history",
        "/api/payments/pay-9999",
    ):
        assert (await as_admin.get(path)).status_code == 404


async def test_an_account_that_took_money_is_switched_off_not_deleted(
    as_admin: httpx.AsyncClient, gateway: Vendors, make_case: MakeCase
) -> None:
    case = await make_case()
    await as_admin.post(f"/api/cases/{case.number}/payments", json={"method": "online"})
    await rows("update providers set is_sandbox = false, name = 'Our shop' where channel = 'payment' returning id")
    (account,) = await rows("select id from providers where channel = 'payment'")
    answer = await as_admin.delete(f"/api/providers/{account['id']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "account_in_use")
