"""The charts, the MIS report, and the way from a figure to its rows."""

from typing import Any

import httpx
import pytest

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.analytics.charts.catalogue import CHARTS
from py360.modules.analytics.service.fold import fold_all
from tests.factories.cases import MadeCase, MakeCase
from tests.factories.dashboard import node, stats
from tests.modules.conftest import AsRole


async def rows(client: httpx.AsyncClient, chart: str, **filters: object) -> list[dict[str, Any]]:
    await fold_all()
    answer = await client.get(f"/api/dashboard/charts/{chart}", params=filters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["rows"]
    return found


async def pay(client: httpx.AsyncClient, case: MadeCase, method: str = "cash") -> None:
    paid = await client.post(f"{case.path}/payments", json={"amount": 12500, "method": method, "reference": "R-1"})
    assert paid.status_code < 300, paid.text


async def message(case: MadeCase, channel: str, status: str, cost: float = 0.5) -> None:
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into communication_delivery_status (client_id, case_id, communication_type, recipient_contact, status, cost)"
            " select client_id, id, %(channel)s, 'x@example.com', %(status)s, %(cost)s from renewal_cases where id = %(id)s",
            {"id": case.id, "channel": channel, "status": status, "cost": cost},
        )


async def test_every_chart_answers_an_empty_office(as_admin: httpx.AsyncClient) -> None:
    for chart in CHARTS:
        await rows(as_admin, chart, dateRange="week", policyType="all", caseStatus="all")


async def test_an_unknown_chart_is_refused_with_the_known_ones(as_admin: httpx.AsyncClient) -> None:
    answer = await as_admin.get("/api/dashboard/charts/horoscope")
    assert answer.status_code == 404
    assert "payment-modes" in answer.json()["error"]["message"]


async def test_the_list_behind_a_figure_has_as_many_cases(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    region = await node(as_admin, "South", "region")
    for status in ("renewed", "pending", "on_hold", "failed", "failed", "in_progress"):
        await make_case(status, channel="Online", node=region)
    await make_case("renewed")
    for filters in ({}, {"dateRange": "week"}, {"policyType": "motor"}, {"teamId": region}, {"caseStatus": "failed"}):
        found = await stats(as_admin, **filters)
        for name, address in found["cases"].items():
            if name != "paymentPending":
                listed = (await as_admin.get(f"/api{address}")).json()["data"]
                if "status" not in address or filters != {"caseStatus": "failed"} or name in ("totalCases", "errors"):
                    assert listed["pagination"]["total"] == found[name], (filters, name)
    for row in await rows(as_admin, "region-performance") + await rows(as_admin, "channel-distribution"):
        listed = (await as_admin.get(f"/api{row['cases']}")).json()["data"]
        if row.get("region") or row.get("channel") == "Online":
            assert listed["pagination"]["total"] == row["count"] == 6


async def test_payments_by_method_and_due_date(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    first, second = await make_case("in_progress"), await make_case("in_progress")
    await pay(as_admin, first, "cash")
    await pay(as_admin, second, "cheque")
    modes = {row["mode"]: row for row in await rows(as_admin, "payment-modes")}
    assert {mode: (row["count"], row["amount"], row["percentage"]) for mode, row in modes.items()} == {
        "Cash": (1, 12500, 50.0),
        "Cheque": (1, 12500, 50.0),
    }
    timings = {row["timing"]: row["count"] for row in await rows(as_admin, "due-date-analysis")}
    assert timings == {"Before due date": 2, "On due date": 0, "After due date": 0}
    (month,) = await rows(as_admin, "payment-timeline")
    assert (month["avgDays"], month["totalPayments"], month["onTimePayments"]) == (-10.0, 2, 2)
    (motor,) = await rows(as_admin, "policy-collection")
    assert (motor["pending"], motor["collected"], motor["collectionRate"], motor["amount"]) == (0, 2, 100.0, 25000)


async def test_messages_count_by_channel_and_carry_the_funnel(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    case, other = await make_case("in_progress"), await make_case("renewed")
    await make_case("validated")
    for channel, status in (("email", "opened"), ("email", "bounced"), ("sms", "delivered"), ("sms", "pending")):
        await message(case, channel, status)
    await message(other, "whatsapp", "delivered", 0.8)
    modes = {row["mode"]: row for row in await rows(as_admin, "communication-modes")}
    assert (modes["Email"]["count"], modes["Email"]["successRate"], modes["Email"]["costPerContact"]) == (2, 50.0, 0.5)
    assert (modes["SMS"]["count"], modes["WhatsApp"]["count"], modes["WhatsApp"]["cost"]) == (1, 1, 0.8)
    stages = {row["stage"]: row["count"] for row in await rows(as_admin, "funnel")}
    assert stages == {"Rows in files": 0, "Cases": 3, "Reached": 2, "Engaged": 1, "Paid": 1, "Renewed": 1}


async def test_managers_answer_for_what_is_below_them(
    as_admin: httpx.AsyncClient, as_role: AsRole, make_case: MakeCase
) -> None:
    person = await as_role("manager", name="Meera Nair")
    region = await node(as_admin, "South", "region")
    state = await node(as_admin, "Kerala", "state", region)
    saved = await as_admin.put(f"/api/hierarchy/nodes/{region}", json={"managerId": person.user["id"]})
    assert saved.status_code == 200, saved.text
    await make_case("renewed", node=state)
    await make_case("failed", node=region)
    (row,) = await rows(as_admin, "manager-performance")
    assert (row["type"], row["manager"], row["count"], row["renewed"], row["efficiency"]) == (
        "Regional",
        "Meera Nair",
        2,
        1,
        50.0,
    )


async def test_persistency_counts_the_terms_of_a_policy(as_admin: httpx.AsyncClient, make_case: MakeCase) -> None:
    first = await make_case("renewed")
    async with unit_of_work() as session:
        await db.execute(
            session,
            "insert into renewal_cases (client_id, policy_id, customer_id, due_date, status, renewal_amount, closed_at)"
            " select client_id, policy_id, customer_id, due_date - 365, 'renewed', 9000, now() from renewal_cases where id = %(id)s",
            {"id": first.id},
        )
    await make_case("lapsed")
    by_month = {row["month"]: row for row in await rows(as_admin, "persistency")}
    assert (by_month[13]["due"], by_month[13]["renewed"], by_month[13]["byCount"]) == (2, 1, 50.0)
    assert (by_month[25]["due"], by_month[25]["byPremium"]) == (1, 100.0)
    assert by_month[37]["byCount"] is None


@pytest.mark.parametrize("format", ["excel", "csv", "pdf", "json"])
async def test_the_report_comes_in_four_formats_under_its_name(
    as_admin: httpx.AsyncClient, make_case: MakeCase, format: str
) -> None:
    await make_case("renewed", channel="Online")
    await fold_all()
    body = {"dateRange": "month", "dataType": "all", "policyType": "motor", "caseStatus": "renewed", "format": format}
    answer = await as_admin.post("/api/dashboard/export", json=body)
    assert answer.status_code == 200, answer.text
    assert 'filename="MIS_Report_all_motor_renewed_month_' in answer.headers["content-disposition"]
    if format == "csv":
        assert "Cases,Renewed,1,1,0,100.0,12500.00" in answer.text
    assert len(answer.content) > 100


async def test_the_report_refuses_what_it_cannot_make(as_admin: httpx.AsyncClient) -> None:
    for body, code in (
        ({"format": "docx"}, "unknown_format"),
        ({"dateRange": "custom", "startDate": "2026-01-01"}, "dates_required"),
        ({"colour": "red"}, None),
    ):
        answer = await as_admin.post("/api/dashboard/export", json=body)
        assert answer.status_code == 422, answer.text
        assert code is None or answer.json()["error"]["code"] == code
