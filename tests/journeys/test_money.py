"""Money on the real stack: a family that pays late, a refund after a double payment, a settlement that misses a line."""

from datetime import timedelta
from typing import Any

import httpx

from py360.kit.clock import FixedClock
from py360.modules.payments import jobs
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs
from tests.modules.conftest import AsRole, Sandbox, as_role, client_id, sandbox
from tests.modules.payments.conftest import (
    MakeCase,
    Voice,
    balances,
    clock,
    gateway,
    link,
    make_case,
    outstanding,
    payment_event,
    refund_event,
    rows,
    voice,
)
from tests.services import ADMIN, PASSWORD

__all__ = ["as_role", "client_id", "clock", "gateway", "link", "make_case", "sandbox", "voice"]  # the fixtures
PAISE = 12_500_050


async def sign_in_again(client: httpx.AsyncClient) -> None:
    """After the clock moved by more than a token lasts."""
    answer = await client.post("/api/auth/login", json={"email": ADMIN, "password": PASSWORD})
    client.headers["authorization"] = f"Bearer {answer.json()['data']['token']}"


async def test_instalments_paid_late_by_a_family(
    as_admin: httpx.AsyncClient, make_case: MakeCase, clock: FixedClock, sandbox: Sandbox
) -> None:
    # The Raos have a car and a health policy; both are put into three monthly instalments.
    car, health = await make_case("9000"), await make_case("30000", email="vikram@example.com")
    await rows(
        "update policies set grace_period_days = 15 where policy_number = %(number)s", number=health.policy_number
    )
    for case in (car, health):
        body = {"frequency": "monthly", "count": 3, "startDate": "2026-12-01"}
        made = await as_admin.post(f"/api/cases/{case.number}/payment-plans", json=body)
        assert made.status_code == 201, made.text

    # They forget the first ones: the ladder writes to both, the shorter grace sooner.
    clock.moment += timedelta(days=20)  # 14 December
    await jobs.remind.func(timestamp=0)
    await sign_in_again(as_admin)
    steps = await rows("select case_id, step from payment_reminders order by case_id")
    assert [(row["case_id"], row["step"]) for row in steps] == [(car.id, "overdue"), (health.id, "final")]
    assert {each.recipient for each in sandbox.received("email")} == {"asha@example.com", "vikram@example.com"}
    late = (await outstanding(as_admin, health))["installments"][0]
    assert (late["status"], late["daysOverdue"]) == ("overdue", 13)

    # One transfer for the car covers more than its first instalment; the health policy's comes a day later, for two of them.
    text = (
        "Value Date,Narration,UTR,Credit\n"
        f"14/12/2026,NEFT RAO {car.policy_number},UTR1,4500\n15/12/2026,NEFT RAO {health.policy_number},UTR2,20000\n"
    )
    files = {"file": ("bank.csv", text.encode(), "text/csv")}
    taken = await as_admin.post("/api/payments/statements", files=files, data={"kind": "bank"})
    assert taken.status_code == 201, taken.text
    number = taken.json()["data"]["statement"]["id"]
    assert (await as_admin.post(f"/api/payments/statements/{number}/apply")).json()["data"]["receipts"] == 2
    assert [each["remaining"] for each in (await outstanding(as_admin, car))["installments"]] == [1500, 3000]
    assert [each["remaining"] for each in (await outstanding(as_admin, health))["installments"]] == [10_000]

    # What is left is paid at the counter; both are renewed, and the books close.
    for case in (car, health):
        paid = await as_admin.post(f"/api/cases/{case.number}/payments", json={"all": True, "method": "cash"})
        assert paid.status_code == 201, paid.text
        receipt = await as_admin.get(f"/api/payments/{paid.json()['data']['paymentId']}/receipt")
        assert receipt.content.startswith(b"%PDF-")
    states = await rows("select status from renewal_cases where id = any(%(ids)s)", ids=[car.id, health.id])
    assert [row["status"] for row in states] == ["renewed", "renewed"]
    assert await balances(as_admin) == {"bank": 24_500, "cash": 14_500, "premium": -39_000}


async def test_refund_after_a_double_payment_and_the_case_stays_paid(
    as_admin: httpx.AsyncClient,
    as_role: AsRole,
    client: httpx.AsyncClient,
    voice: Voice,
    gateway: Vendors,
    make_case: MakeCase,
    link: Any,
    run_jobs: RunJobs,
) -> None:
    # The customer taps twice: two payments come for one order.
    case, second = await make_case(), await as_role("client_admin")
    assert (await client.post(await link(case))).status_code == 303
    (payment,) = await rows("select id, order_id from payments where case_id = %(id)s", id=case.id)
    at_gateway = gateway.razorpay.current(payment["order_id"])
    assert at_gateway is not None
    charges = [gateway.razorpay.pay(at_gateway, "upi", True) for _ in range(2)]
    for charge in charges:
        await voice.say(payment_event(payment["order_id"], charge["id"], PAISE, "captured"))
    await run_jobs()
    page = await as_admin.get("/api/payments/exceptions", params={"status": "open"})
    assert [(each["kind"], each["amount"]) for each in page.json()["data"]["exceptions"]] == [
        ("unallocated_credit", 125_000.50)
    ]

    # One officer asks for the refund, another approves it; the gateway gives the second payment back.
    asked = await as_admin.post(f"/api/payments/pay-{payment['id']}/refund", json={"reason": "Paid twice"})
    approval = asked.json()["data"]["approvalId"]
    decided = await second.put(f"/api/payments/approvals/{approval}/decision", json={"decision": "approved"})
    assert decided.status_code == 200, decided.text
    (back,) = await rows("select refund_id, attempt_id from payment_refunds")
    await voice.say(refund_event(payment["order_id"], back["attempt_id"], PAISE, back["refund_id"], PAISE))
    await run_jobs()

    # The case stays paid, its history says what happened, and nothing waits any more.
    (now,) = await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id)
    assert (now["status"], now["payment_status"]) == ("renewed", "completed")
    actions = [
        row["action"] for row in await rows("select action from case_history where case_id = %(id)s", id=case.id)
    ]
    assert {"Paid twice", "Refund approved", "Excess refunded"} <= set(actions)
    page = await as_admin.get("/api/payments/exceptions", params={"status": "open"})
    assert page.json()["data"]["exceptions"] == []
    assert await balances(as_admin) == {"gateway_clearing": 250_001, "premium": -125_000.50, "refunds": -125_000.50}


async def test_settlement_file_with_one_missing_line(
    as_admin: httpx.AsyncClient,
    client: httpx.AsyncClient,
    voice: Voice,
    gateway: Vendors,
    make_case: MakeCase,
    link: Any,
    clock: FixedClock,
    run_jobs: RunJobs,
) -> None:
    async def settle(text: str, kind: str, **data: Any) -> None:
        files = {"file": (f"{kind}.csv", text.encode(), "text/csv")}
        taken = await as_admin.post("/api/payments/statements", files=files, data={"kind": kind, **data})
        assert taken.status_code == 201, taken.text
        number = taken.json()["data"]["statement"]["id"]
        applied = await as_admin.post(f"/api/payments/statements/{number}/apply")
        assert applied.status_code == 200, applied.text

    async def exceptions() -> list[tuple[str, float]]:
        page = await as_admin.get("/api/payments/exceptions", params={"status": "open"})
        return sorted((each["kind"], each["amount"]) for each in page.json()["data"]["exceptions"])

    # Two customers pay online; both cases are renewed.
    paid = []
    for _ in range(2):
        case = await make_case()
        assert (await client.post(await link(case))).status_code == 303
        (payment,) = await rows("select order_id, provider_id from payments where case_id = %(id)s", id=case.id)
        at_gateway = gateway.razorpay.current(payment["order_id"])
        assert at_gateway is not None
        charge = gateway.razorpay.pay(at_gateway, "upi", True)
        await voice.say(payment_event(payment["order_id"], charge["id"], PAISE, "captured"))
        paid.append((charge["id"], payment["provider_id"]))
    await run_jobs()
    states = await rows("select distinct status from renewal_cases")
    assert [row["status"] for row in states] == ["renewed"]

    # The gateway's file has one of them. The other may still come; after its days it is missing, and so is the deposit.
    (first, account), (second, _) = paid
    head = "transaction_entity,entity_id,amount,fee,tax,settlement_id,settlement_utr,settled_at\n"
    await settle(
        f"{head}payment,{first},125000.50,2950.01,450.00,setl_1,UTRS1,25/11/2026\n", "settlement", providerId=account
    )
    assert await exceptions() == []
    clock.moment += timedelta(days=5)
    await jobs.reconcile.func(timestamp=0)
    await sign_in_again(as_admin)
    assert await exceptions() == [("missing_at_bank", 122_050.49), ("missing_in_settlement", 125_000.50)]

    # The deposit arrives; the missing line comes with the next file, whose deposit the bank has too. The books close.
    bank = "Value Date,Narration,UTR,Credit\n"
    await settle(f"{bank}26/11/2026,RAZORPAY SOFTWARE setl_1,UTRS1,122050.49\n", "bank")
    assert await exceptions() == [("missing_in_settlement", 125_000.50)]
    await settle(
        f"{head}payment,{second},125000.50,2950.01,450.00,setl_2,UTRS2,29/11/2026\n", "settlement", providerId=account
    )
    await settle(f"{bank}29/11/2026,RAZORPAY SOFTWARE setl_2,UTRS2,122050.49\n", "bank")
    assert await exceptions() == []
    assert await balances(as_admin) == {"bank": 244_100.98, "fees": 5000.02, "gst": 900, "premium": -250_001}
