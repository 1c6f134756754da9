"""The roll-ups say what a full recount says, whatever happened in whatever order (ADR 91)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from py360.kit import db
from py360.kit.db import unit_of_work
from py360.modules.analytics.columns import CELL_KEY, DIMENSIONS, FACT, MEASURES, listed
from py360.modules.analytics.service.fold import SOURCE, fold, fold_all, rebuild
from tests.conftest import RunJobs
from tests.factories.cases import MakeCase
from tests.factories.dashboard import node
from tests.factories.policy_files import csv_of, row
from tests.modules.conftest import AsRole
from tests.modules.uploads.conftest import send

__all__ = ["send"]  # the fixture

_FACTS: Final = f"select {listed(FACT)} from ({SOURCE}) s ({listed(FACT)})"
_COUNTED: Final = f"select {listed(FACT)} from analytics_facts"
_SUMS: Final = f"""
select client_id, kind, grain, date_trunc(unit, day::timestamp)::date, {listed(DIMENSIONS)}, {listed(MEASURES, "sum({0})")}
from ({_FACTS}) f cross join (values ('d', 'day'), ('m', 'month')) grains (grain, unit) group by 1, 2, 3, 4, {listed(DIMENSIONS)}
"""
_CELLS: Final = f"select {listed(CELL_KEY)}, {listed(MEASURES)} from analytics_cells"
_DIFFERENCE: Final = "select count(*) from (({0} except all {1}) union all ({1} except all {0})) d"


async def differences() -> tuple[int, int]:
    """How many facts and how many sums are other than a recount of everything has them."""
    async with unit_of_work() as session:
        facts = await db.fetch_only(session, int, _DIFFERENCE.format(f"({_FACTS})", f"({_COUNTED})"))
        sums = await db.fetch_only(session, int, _DIFFERENCE.format(f"({_SUMS})", f"({_CELLS})"))
    return facts, sums


@dataclass
class Office:
    """An office at work: each method is something that happens to one of its cases, or is refused."""

    admin: httpx.AsyncClient
    send: Callable[..., Awaitable[dict[str, Any]]]
    agents: list[int]
    nodes: list[int]
    uploads: list[str] = field(default_factory=list)
    rows: int = 0

    async def case(self, number: int) -> int:
        """One of the cases there are."""
        async with unit_of_work() as session:
            ids = await db.fetch_all(session, int, "select id from renewal_cases order by id")
        return ids[number % len(ids)]

    async def run(self, sql: str, case: int, **params: object) -> None:
        """What modules do in their own statements."""
        async with unit_of_work() as session:
            await db.execute(session, sql, {"case": case, **params})

    async def do(self, step: str, number: int) -> None:
        """One step of the history."""
        case = await self.case(number)
        path = f"/api/cases/CASE-{case}"
        match step:
            case "import":
                premium = 11000 + len(self.uploads)  # no two files are the same
                lines = [
                    row(self.rows + n, **{"Pay Freq": ["Annual", "Monthly"][n % 2], "Renewal Premium (INR)": premium})
                    for n in range(number % 4 + 1)
                ]
                self.rows += number % 3
                self.uploads.append((await self.send(csv_of(lines), f"{len(self.uploads)}.csv"))["uploadId"])
            case "undo" if self.uploads:
                await self.admin.post(f"/api/upload/{self.uploads[number % len(self.uploads)]}/undo")
            case "assign":
                await self.admin.put(f"{path}/assign", json={"agentId": self.agents[number % len(self.agents)]})
            case "move":
                place = self.nodes[number % len(self.nodes)]
                await self.run("update renewal_cases set node_id = %(node)s where id = %(case)s", case, node=place)
            case "status":
                status = ["in_progress", "pending", "failed", "cancelled", "on_hold", "lapsed"][number % 6]
                body = {"caseIds": [f"CASE-{case}"], "status": status, "reason": "The customer called"}
                await self.admin.put("/api/cases/bulk-update-status", json=body)
            case "pay":
                amount = [12500, 500, 11001][number % 3]
                await self.admin.post(f"{path}/payments", json={"amount": amount, "method": "cash"})
            case "refund":
                history = (await self.admin.get(f"{path}/payment-history")).json()["data"]
                for payment in next(value for value in history.values() if isinstance(value, list))[:1]:
                    body = {"amount": 100, "reason": "Paid twice"}
                    await self.admin.post(f"/api/payments/{payment['id']}/refund", json=body)
            case "message":
                await self.run(
                    "insert into communication_delivery_status (client_id, case_id, communication_type, recipient_contact,"
                    " status, cost) select client_id, id, %(channel)s, 'x', 'pending', 0.25 from renewal_cases where id = %(case)s",
                    case,
                    channel=["email", "sms", "whatsapp", "call"][number % 4],
                )
            case "event":
                status = ["sent", "delivered", "opened", "failed", "bounced", "clicked"][number % 6]
                await self.run(
                    "update communication_delivery_status set status = %(status)s where case_id = %(case)s",
                    case,
                    status=status,
                )
            case "policy":
                kind = ["health", "motor", "life"][number % 3]
                await self.run(
                    "update policies set policy_type = %(kind)s where id = (select policy_id from renewal_cases where id = %(case)s)",
                    case,
                    kind=kind,
                )
            case "fold":
                await fold()


STEPS: Final = (
    "import",
    "undo",
    "assign",
    "move",
    "status",
    "status",
    "pay",
    "refund",
    "message",
    "event",
    "event",
    "policy",
    "fold",
)


@pytest.fixture
async def office(as_admin: httpx.AsyncClient, as_role: AsRole, send: Callable[..., Any], make_case: MakeCase) -> Office:
    """Two cases, two agents and two places to begin with."""
    await make_case("in_progress", channel="Online")
    await make_case("validated")
    agents = [(await as_role("agent")).user["id"] for _ in range(2)]
    nodes = [await node(as_admin, name, "region") for name in ("South", "North")]
    return Office(as_admin, send, agents, nodes)


@pytest.mark.slow
@settings(
    max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 30)), min_size=4, max_size=10))
async def test_random_histories_leave_what_a_recount_finds(office: Office, history: list[tuple[str, int]]) -> None:
    for step, number in history:
        await office.do(step, number)
    await fold_all()
    assert await differences() == (0, 0)


async def test_a_rebuild_mends_figures_that_are_wrong(office: Office) -> None:
    await fold_all()
    async with unit_of_work() as session:
        await db.execute(session, "update analytics_facts set amount = amount + 1")
        await db.execute(session, "update analytics_cells set cases = cases + 5")
        await db.execute(
            session,
            "update analytics_facts set case_id = case_id + 1000 where case_id = (select min(case_id) from analytics_facts)",
        )
    assert await rebuild() == 3  # two cases, and one that is none
    await fold_all()
    assert await differences() == (0, 0)


async def test_a_change_seen_twice_or_out_of_order_counts_once(office: Office) -> None:
    await fold_all()
    for _ in range(2):
        async with unit_of_work() as session:
            await db.execute(
                session,
                "insert into analytics_changes (case_ids) select array_agg(id) || array_agg(id) from renewal_cases",
            )
        await fold_all()
    assert await differences() == (0, 0)


async def test_a_bulk_change_is_one_note(office: Office, run_jobs: RunJobs) -> None:
    await fold_all()
    async with unit_of_work() as session:
        await db.execute(session, "update renewal_cases set priority = 'high'")
        assert await db.fetch_only(session, int, "select count(*) from analytics_changes") == 1
