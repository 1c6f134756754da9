"""Debits under a mandate: announced 24 hours ahead, presented once, tried again by rule, and never without a notice."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from py360.kit.clock import FixedClock
from py360.modules.payments.mandates import run as mandates
from py360.modules.payments.service import poll
from py360.sandbox.vendors import Vendors
from tests.conftest import RunJobs
from tests.factories.mandates import OVER_A_DAY, authorise, debits, mandate_now, read, received, settle_debit
from tests.modules.payments.conftest import NOW, Ask, MakeCase, Voice, balances, rows


async def test_a_premium_is_debited_a_day_after_its_notice(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("12000")
    mandate = await ask(case, channel="sms")
    assert mandate["status"] == "created"
    assert mandate["authorisationUrl"] in received(gateway)[0].body
    await authorise(gateway, voice, mandate, run_jobs)
    now = await mandate_now(as_admin, mandate)
    assert (now["status"], now["authorisationUrl"]) == ("active", None)
    await mandates.run()
    assert await debits(as_admin, mandate) == []  # ten days ahead
    clock.moment = NOW + timedelta(days=7)
    await mandates.run()
    (debit,) = await debits(as_admin, mandate)
    assert (debit["status"], debit["amount"], debit["debitOn"]) == ("notified", 11_999, "2026-12-04")
    notice = received(gateway)[0].body
    assert notice == debit["noticeText"]
    for piece in ("₹11,999.00", "04/12/2026", case.policy_number, "/mandate/", mandate["id"]):
        assert piece in notice
    register = (await read(as_admin, f"/api/cases/{case.number}/notices"))["notices"]
    assert (register[0]["id"], register[0]["text"], register[0]["textIs"]) == (debit["noticeId"], notice, "as_sent")
    clock.moment = NOW + timedelta(days=9, hours=10)
    await mandates.run()
    assert (await debits(as_admin, mandate))[0]["status"] == "notified"  # its day has not come
    clock.moment = NOW + timedelta(days=10)
    await mandates.run()
    await mandates.run()  # and nothing twice
    assert (await debits(as_admin, mandate))[0]["status"] == "presented"
    await settle_debit(gateway, voice, run_jobs)
    (debit,) = await debits(as_admin, mandate)
    assert debit["status"] == "paid"
    assert await rows("select status, payment_status from renewal_cases where id = %(id)s", id=case.id) == [
        {"status": "renewed", "payment_status": "completed"}
    ]
    clock.moment = NOW
    assert await balances(as_admin) == {"gateway_clearing": 12_000, "premium": -12_000}
    paid = await read(as_admin, f"/api/payments/{debit['paymentId']}")
    assert (paid["amount"], paid["status"]) == (11_999, "captured")


async def test_no_debit_before_the_notice_is_24_hours_old(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date())
    mandate = await ask(case)
    await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    (debit,) = await debits(as_admin, mandate)
    assert (debit["status"], debit["debitOn"]) == ("notified", "2026-11-25")
    for hours, expected in ((23.9, "notified"), (24.1, "presented")):
        clock.moment = NOW + timedelta(hours=hours)
        await mandates.run()
        assert (await debits(as_admin, mandate))[0]["status"] == expected


async def test_a_failed_debit_is_tried_again_after_a_new_notice_and_people_are_told(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    await as_admin.put("/api/settings/payments", json={"debitRetries": 1, "debitRetryDays": 3})
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    token = await authorise(gateway, voice, mandate, run_jobs)
    gateway.razorpay_mandates.failing[token["id"]] = "Insufficient balance."
    await mandates.run()
    clock.moment = NOW + OVER_A_DAY
    await mandates.run()
    await settle_debit(gateway, voice, run_jobs, "failed")
    await mandates.run()
    first, second = await debits(as_admin, mandate)
    assert (first["status"], first["reason"]) == ("failed", "Insufficient balance.")
    assert (second["status"], second["attempt"], second["debitOn"]) == ("notified", 2, "2026-11-28")
    assert len({each.body for each in received(gateway)}) == 2  # a notice of its own
    clock.moment = NOW + timedelta(days=4)
    await mandates.run()
    await settle_debit(gateway, voice, run_jobs, "failed")
    clock.moment = NOW + timedelta(days=12)
    await mandates.run()
    assert [each["status"] for each in await debits(as_admin, mandate)] == ["failed", "failed"]
    history = await rows(
        "select details from case_history where case_id = %(id)s and action = 'Debit failed' order by id", id=case.id
    )
    assert ["tried again on" in each["details"] for each in history] == [True, False]


async def test_a_debit_whose_answer_is_lost_is_never_presented_again(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    clock.moment = NOW + OVER_A_DAY
    debit, made = gateway.razorpay_mandates.debit, []

    def answer_is_lost(wanted: dict[str, Any]) -> dict[str, Any]:
        made.append(debit(wanted))
        raise RuntimeError("the connection is gone")

    monkeypatch.setattr(gateway.razorpay_mandates, "debit", answer_is_lost)
    await mandates.run()
    await mandates.run()
    assert len(made) == 1
    assert (await debits(as_admin, mandate))[0]["status"] == "presented"
    clock.moment += timedelta(minutes=10)
    await poll.poll()
    await mandates.run()
    assert (await debits(as_admin, mandate))[0]["status"] == "paid"
    assert await rows("select status from renewal_cases where id = %(id)s", id=case.id) == [{"status": "renewed"}]


async def test_what_the_customer_paid_otherwise_is_not_debited(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    paid = await as_admin.post(f"/api/cases/{case.number}/payments", json={"amount": 4_000, "method": "cash"})
    assert paid.status_code == 201
    clock.moment = NOW + OVER_A_DAY
    await mandates.run()
    (debit,) = await debits(as_admin, mandate)
    assert (debit["status"], debit["reason"]) == ("cancelled", "Less is left to pay than the notice named.")
    actions = {
        each["action"] for each in await rows("select action from case_history where case_id = %(id)s", id=case.id)
    }
    assert "Debit does not fit any more" in actions
    planned = await as_admin.post(f"/api/payments/mandates/{mandate['id']}/debits", json={})
    assert planned.json()["data"]["amount"] == 999


async def test_a_premium_above_the_mandate_is_told_to_a_person(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs
) -> None:
    case = await make_case("30000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    await mandates.run()
    (debit,) = await debits(as_admin, mandate)
    assert (debit["status"], debit["amount"]) == ("refused", 29_999)
    assert len(await rows("select 1 from case_history where action = 'Debit above the mandate'")) == 1
    for body, code in (
        ({"amount": 20_001}, "above_mandate"),
        ({"amount": 40_000}, "overpayment"),
        ({"amount": 100, "debitOn": "2026-11-24"}, "wrong_date"),
    ):
        answer = await as_admin.post(f"/api/payments/mandates/{mandate['id']}/debits", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    part = await as_admin.post(f"/api/payments/mandates/{mandate['id']}/debits", json={"amount": 20_000})
    assert part.status_code == 201
    again = await as_admin.post(f"/api/payments/mandates/{mandate['id']}/debits", json={"amount": 1})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "debit_open")


async def test_without_a_notice_nothing_is_debited(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    for channel, contact in (("sms", "+919876543210"), ("email", "asha@example.com")):
        await rows(
            "insert into suppressions (client_id, channel, contact, reason) values (1, %(channel)s, %(contact)s, 'hard_bounce')",
            channel=channel, contact=contact,
        )  # fmt: skip
    await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    clock.moment = NOW + timedelta(days=3)
    await mandates.run()
    (debit,) = await debits(as_admin, mandate)
    assert (debit["status"], debit["noticeSentAt"], debit["paymentId"]) == ("refused", None, None)
    assert len(await rows("select 1 from case_history where action = 'Debit not announced'")) == 1


async def test_a_notice_that_did_not_arrive_stops_the_debit(
    as_admin: httpx.AsyncClient, ask: Ask, make_case: MakeCase, gateway: Vendors, voice: Voice, run_jobs: RunJobs,
    clock: FixedClock,
) -> None:  # fmt: skip
    case = await make_case("5000", due=NOW.date() + timedelta(days=1))
    mandate = await ask(case)
    await authorise(gateway, voice, mandate, run_jobs)
    await mandates.run()
    await rows("update communication_delivery_status set status = 'failed' where case_id = %(id)s", id=case.id)
    clock.moment = NOW + OVER_A_DAY
    await mandates.run()
    assert (await debits(as_admin, mandate))[0]["status"] == "refused"
